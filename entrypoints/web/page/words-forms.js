/** Every English text of the forms: a clip's fields, and what sending them says. */

const seconds = (count) => `${count.toLocaleString("en")} ${count === 1 ? "second" : "seconds"}`;

/** The fields of a clip's form. */
export const fields = {
  labels: {
    title: "Title",
    genre: "Genre",
    tags: "Tags",
    description: "Description",
    audio_url: "Address of the audio",
    duration: "Length in seconds",
  },
  hints: { tags: "rain, night, field recording", duration: "From the audio" },
  fault: (message) => `${message[0].toUpperCase()}${message.slice(1)}.`,
};

/** Sending what only those with a key may send. */
export const writing = {
  keyTitle: "Write key",
  keyWanted: "Adding and changing clips takes a key.",
  key: "Key",
  keyHint: "The service prints it at its first start. It is kept until this tab is closed.",
  keyMissing: "Type the key first.",
  useKey: "Use this key",
  cancelled: "Cancelled.",
  brokenOff: "The connection broke off. Check it, and that the service is running; it may also have refused the size.",
  answered: (status, text) => `The service answered ${status} ${text}`.trim() + ".",
  waiting: (count) => `The service is busy; it is asked again in ${seconds(count)}.`,
};

export const dialogs = { cancel: "Cancel" };
