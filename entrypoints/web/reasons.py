"""Each reason in words, for those who ask why a request was counted or not."""

from collections.abc import Mapping

from domain.decision import Reason

BECAUSE: Mapping[Reason, str] = {
    Reason.COUNTED: "It has all that it takes, and had not been counted before.",
    Reason.HEAD: "Only the headers were asked for.",
    Reason.NOT_MODIFIED: "The listener had this version already, and was told so (304).",
    Reason.REFUSED: "The audio is another version than the one asked for, or no byte asked for exists (412, 416).",
    Reason.SOURCE_FAILED: "The audio could not be had from its source (502, 504).",
    Reason.PREFETCH: "It was fetched ahead, with nobody listening yet (Sec-Purpose: prefetch).",
    Reason.PROBE: "At most two bytes were asked for, as players do to learn whether ranges are understood.",
    Reason.SEEK: "It began after the clip's first byte.",
    Reason.REPEAT: "The same playback of this clip had been counted before.",
    Reason.NO_USER_AGENT: "It did not say by a User-Agent who asks.",
    Reason.BOT: "Its User-Agent says that it is a program that fetches on its own.",
    Reason.TOO_FEW_BYTES: "By then, all that its listener got of the clip in the window was not enough.",
    Reason.DUPLICATE: "Its listener's download of the clip had been counted in the window already.",
}
