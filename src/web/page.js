// Locks when nobody reads, and searches while one types. The page works without.
"use strict";
(() => {
  const lockAfter = Number(document.body.dataset.lockAfter) * 1000;
  const lock = document.getElementById("lock");
  let moved = Date.now();
  let told = Date.now();

  const lockNow = () => {
    document.querySelector("main").hidden = true;
    lock.submit();
  };

  // The server forgets the words by itself: it is told, now and then, that somebody is reading.
  const awake = () => {
    moved = Date.now();
    if (moved - told < lockAfter / 4) return;
    told = moved;
    const form = lock.querySelector("[name=form]").value;
    fetch("awake", { method: "POST", body: new URLSearchParams({ form }) })
      .then((answer) => answer.ok || lockNow(), lockNow);
  };
  for (const sign of ["pointermove", "pointerdown", "keydown", "scroll", "wheel", "touchstart"]) {
    document.addEventListener(sign, awake, { passive: true, capture: true });
  }
  // Looked at rather than waited for: a laptop that slept must not wake up readable.
  setInterval(() => { if (Date.now() - moved >= lockAfter) lockNow(); }, 500);

  const lines = [...document.querySelectorAll(".lines li")];
  const query = document.getElementById("q");
  const found = document.getElementById("found");
  // Where the words are gone, there is nothing to search.
  query?.addEventListener("input", () => {
    const what = query.value.trim().toLowerCase();
    let count = 0;
    for (const line of lines) {
      const hit = line.querySelector(".said").textContent.toLowerCase().includes(what);
      line.hidden = !hit;
      line.classList.toggle("found", hit && what !== "");
      count += hit;
    }
    const { none, one, more } = found.dataset;
    const said = count === 0 ? none : count === 1 ? one : more.replace("#", count);
    found.textContent = what === "" ? "" : said;
  });
})();
