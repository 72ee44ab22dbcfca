"""Who is a bot by what it says of itself, and who only looks like one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.user_agents import (
    JUDGED,
    NOT_ON_THE_LIST,
    REMEMBERED,
    USED_BY_LISTENERS,
    any_of,
    is_bot,
    listed,
    names_a_bot,
)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
ELECTRON = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Electron/39.8.5"

LISTENERS = [
    CHROME,
    f"{CHROME} Edg/131.0.0.0",
    f"{CHROME} OPR/116.0.0.0",
    f"{IPHONE} Version/18.1 Safari/604.1",
    f"{IPHONE} CriOS/131.0.6778.73 Safari/604.1",
    f"{IPHONE} [FBAN/FBIOS;FBDV/iPhone7,2;FBMD/iPhone;FBSN/iOS;FBSV/18.1;FBSS/2;FBID/phone;FBLC/de_DE;FBOP/5]",
    f"{IPHONE} Twitter for iPhone/10.70",
    f"{ELECTRON} TuneIn/1.25.0 Chrome/142.0.0.0 Safari/537.36",
    f"{ELECTRON} Code/1.115.0 Chrome/142.0.0.0 Safari/537.36",
    f"{ELECTRON} Trae/1.107.1 Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10_5_6; en-us) AppleWebKit/528.16 (KHTML, like Gecko) Fluid/0.9.6",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Linux; Android 13; Cubot P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 7.0; CUBOT X18) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari",
    "Mozilla/5.0 (CrKey armv7l 1.8.17977) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/31.0.1650.0 Safari/537.36",
    "AppleCoreMedia/1.0.0.22B83 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)",
    "AppleCoreMedia/1.0.0.16G78 (HomePod; U; CPU OS 12_4 like Mac OS X; en_us)",
    "Podcasts/1410.53 CFNetwork/1111 Darwin/19.0.0 (x86_64)",
    "ポッドキャスト/1709.2.2 CFNetwork/1390 Darwin/22.0.0",
    "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "PocketCasts/7.75 (Linux;Android 14) ExoPlayerLib/2.19.1",
    "Pocket Casts",
    "Podimo/1.11.3 build 121/iOS 13.3",
    "EpisodeFever/21 CFNetwork/976 Darwin/18.2.0",
    "Castro 2020.14/1287",
    "CastBox/8.19.0-200927161 (Linux;Android 10) ExoPlayerLib/2.10.4",
    "PodcastAddict/v5 (+https://podcastaddict.com/; Android podcast app)",
    "AntennaPod/3.6.0",
    "Spotify/8.7.10 iOS/15.3.1 (iPhone13,2)",
    "Deezer/4.20.0 (Electron; osx/10.14.6; Desktop; fr)",
    "iHeartRadio/9.20.0 (iPhone; iOS 13.4.1; iPhone11,8)",
    "Player%20FM/588 CFNetwork/1121.2.2 Darwin/19.2.0",
    "Tweetbot/53300 CFNetwork/1335.0.3 Darwin/21.6.0",
    "AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9",
    "Roku/DVP-9.10 (499.10E04121A)",
    "VLC/3.0.8 LibVLC/3.0.8",
    "Lavf/60.16.100",
    "foobar2000/1.x",
    "gPodder/3.10.21 (+http://gpodder.org/) Linux",
    "Dalvik/2.1.0 (Linux; U; Android 9; SM-N950U Build/PPR1.180610.011)",
    "okhttp/4.12.0",
    "Amazon CloudFront",
    "Mozilla/5.0",
]

BOTS_OF_THE_LIST = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Googlebot-Image/1.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Twitterbot/1.0",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "WhatsApp/2.23.20.0 A",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Blackbox Exporter/0.25.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
    "curl/8.11.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
]

BOTS_NOT_ON_THE_LIST = [
    "podfollowbot/1.0",
    "AirableBot-Podcast/1.0 (+https//www.airablenow.com)",
    "Metacast/1.0 Crawler +https://metacast.app",
    "Spider/2.1 (+https://spider.cloud)",
    "Overcast/1.0 Podcast Sync (123 subscribers; feed-id=456789; +http://overcast.fm/)",
    "PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)",
    "downcast feed consumer/0.0.175; (mode=dev; id=u2NgjBSPM6; downcast.fm)",
    "Spotify/1.0",
    "atc/1.0 watchOS/7.1 model/Watch5,3 hwp/t8006 build/18R590 (6; dt:202)",
    "(null)/(null) watchOS/5.0.1 model/Watch3,3 hwp/t8004 build/16R381 (6; dt:155)",
    "kube-probe/1.31",
    "ELB-HealthChecker/2.0",
    "GoogleHC/1.0",
    "Amazon-Route53-Health-Check-Service (ref 34cab3c3; report http://amzn.to/1vsZADi)",
]


@pytest.mark.parametrize("user_agent", LISTENERS)
def test_what_people_listen_with_is_no_bot(user_agent: str) -> None:
    assert not is_bot(user_agent)


@pytest.mark.parametrize("user_agent", [*BOTS_OF_THE_LIST, *BOTS_NOT_ON_THE_LIST])
def test_a_program_that_names_itself_is_a_bot(user_agent: str) -> None:
    assert is_bot(user_agent)


def test_nobody_is_a_bot_for_saying_nothing() -> None:
    assert not is_bot("")
    assert not is_bot("   ")


def test_every_pattern_of_the_list_is_asked_for_but_those_that_find_listeners() -> None:
    asked = [pattern for pattern in listed() if pattern not in USED_BY_LISTENERS]

    assert len(asked) > 1000
    for user_agent in [*LISTENERS, *BOTS_OF_THE_LIST, *BOTS_NOT_ON_THE_LIST]:
        expected = any(re.search(pattern, user_agent) for pattern in [*asked, *NOT_ON_THE_LIST])

        assert is_bot(user_agent) == expected, user_agent


@pytest.mark.parametrize("pattern", sorted(USED_BY_LISTENERS))
def test_what_is_left_out_of_the_list_is_on_it_and_would_find_a_listener(pattern: str) -> None:
    assert pattern in listed()
    assert any(re.search(pattern, user_agent) for user_agent in LISTENERS)


@pytest.mark.parametrize("pattern", NOT_ON_THE_LIST)
def test_what_is_added_to_the_list_finds_a_bot_that_nothing_on_it_finds(pattern: str) -> None:
    asked = [each for each in listed() if each not in USED_BY_LISTENERS]
    others = [*asked, *(each for each in NOT_ON_THE_LIST if each != pattern)]
    found = [user_agent for user_agent in BOTS_NOT_ON_THE_LIST if re.search(pattern, user_agent)]

    assert any(not any(re.search(other, user_agent) for other in others) for user_agent in found)


def test_only_the_first_characters_are_judged_and_remembered() -> None:
    names_a_bot.cache_clear()
    for tail in ("Googlebot/2.1", "bingbot/2.0", "x" * 65536):
        assert not is_bot("x" * JUDGED + tail)

    assert names_a_bot.cache_info().currsize == 1
    assert is_bot("x" * (JUDGED - len("BingPreview/")) + "BingPreview/")


def test_strangers_cannot_make_more_be_remembered_than_was_meant() -> None:
    for number in range(REMEMBERED + 10):
        is_bot(f"stranger {number}")

    assert names_a_bot.cache_info().currsize == REMEMBERED


def test_no_pattern_repeats_what_repeats_so_that_work_is_at_most_quadratic_in_what_is_judged() -> None:
    for pattern in [*listed(), *NOT_ON_THE_LIST]:
        repeats = re.findall(r"(?<!\\)[*+{]", pattern)

        assert len(repeats) <= 1, pattern
        assert not re.search(r"\)[*+{]", pattern), pattern


@given(words=st.sets(st.text("ab.(\\-", min_size=1, max_size=4), min_size=1), text=st.text("ab.(\\-", max_size=12))
def test_a_tree_of_words_finds_exactly_what_looking_for_each_word_finds(words: set[str], text: str) -> None:
    assert bool(re.search(any_of(words), text)) == any(word in text for word in words)
