// Follows a task's log while the task runs; the server sends ready, escaped fragments.
"use strict";

const log = document.getElementById("log");
if (log.dataset.live) {
  const stream = new EventSource(log.dataset.live);
  stream.addEventListener("entry", (event) => {
    const following = innerHeight + scrollY >= document.body.scrollHeight - 40;
    log.insertAdjacentHTML("beforeend", event.data);
    if (following) scrollTo(0, document.body.scrollHeight);
  });
  stream.addEventListener("head", (event) => {
    document.getElementById("head").innerHTML = event.data;
  });
  stream.addEventListener("end", () => stream.close());
}
