// Comfort only: every page works without this file.

// [data-copy=ID] copies the text of that element, or its data-text where the text is wrapped.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = (button.dataset.label ||= button.textContent);
  button.textContent = (await copy(source.dataset.text ?? source.value ?? source.textContent))
    ? "Copied"
    : "Press Ctrl C";
  setTimeout(() => (button.textContent = label), 2500);

  // Without TLS the clipboard is closed to pages; the old way still works.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "off-screen";
      (source.closest("dialog") ?? document.body).append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) getSelection().selectAllChildren(source);
      else button.focus();
      return done;
    }
  }
});

// [data-live=URL] is asked for anew every few seconds while somebody looks at it.
for (const part of document.querySelectorAll("[data-live]")) {
  const every = 3000;
  let last = new Date();
  let lost = false;
  let shown = part.innerHTML;

  const renew = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { "X-Live": "1" }, cache: "no-store" });
      if (answer.status === 401) return say("You are signed out. Load this page again to sign in.");
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      last = new Date();
      const holdsFocus = part.contains(document.activeElement);
      if (html === shown && !lost) return;
      if (holdsFocus && !lost) return;
      const chosen = [...part.querySelectorAll("[name=ids]:checked")].map((box) => box.value);
      part.innerHTML = shown = html;
      for (const box of part.querySelectorAll("[name=ids]")) box.checked ||= chosen.includes(box.value);
      part.dispatchEvent(new Event("change", { bubbles: true }));
      if (lost) say("");
      lost = false;
    } catch {
      lost = true;
      say(`Connection lost, trying again. This is from ${last.toLocaleTimeString()}.`);
    }
  };

  const say = (text) => {
    let line = document.getElementById("connection");
    if (!line) {
      line = document.createElement("p");
      line.id = "connection";
      line.className = "alert";
      line.setAttribute("role", "status");
      document.querySelector("main").prepend(line);
    }
    line.textContent = text;
    line.hidden = !text;
  };

  const turn = async () => {
    await renew();
    setTimeout(turn, every);
  };
  setTimeout(turn, every);
  document.addEventListener("visibilitychange", renew);
}

// [data-share=ID] hands a text to the phone's own share sheet, where there is one.
for (const button of document.querySelectorAll("[data-share]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", () =>
    navigator.share({ text: document.getElementById(button.dataset.share).value }).catch(() => {}),
  );
}

// A dialog that the page shows open becomes a modal one.
for (const dialog of document.querySelectorAll("dialog[open][data-modal]")) {
  dialog.close();
  dialog.showModal();
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  // A second Escape would close it whatever "cancel" says.
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.preventDefault());
}

// [data-sends] fields send their form as soon as they change; without script a button does.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});

// [data-check=URL] answers what of a form cannot work, while it is being filled in: each sentence
// stands beside its field, as it does when the form is sent.
for (const form of document.querySelectorAll("[data-check]")) {
  let asked = 0;
  const mark = (field, sentence) => {
    const controls = form.querySelectorAll(`[name="${field}"]`);
    if (!controls.length || (controls[0].required && !controls[0].value)) return;
    const place = controls[0].closest(".field, fieldset");
    const line = document.createElement("small");
    line.className = "wrong";
    line.id = `${field}-wrong`;
    line.textContent = sentence;
    const help = place.querySelector(":scope > small");
    place.matches("fieldset") || !help ? place.append(line) : help.before(line);
    if (controls.length > 1) return;
    controls[0].setAttribute("aria-invalid", "true");
    controls[0].setAttribute("aria-describedby", line.id);
  };
  form.addEventListener("change", async () => {
    const number = ++asked;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.check, { method: "POST", body, headers: { "X-Live": "1" } });
      if (!answer.ok || number !== asked) return;
      const found = document.createElement("template");
      found.innerHTML = await answer.text();
      for (const line of form.querySelectorAll(".wrong")) line.remove();
      for (const control of form.querySelectorAll("[aria-invalid]")) {
        control.removeAttribute("aria-invalid");
        control.removeAttribute("aria-describedby");
      }
      for (const { dataset, textContent } of found.content.children) mark(dataset.field, textContent);
    } catch {
      // What cannot work is then said when the form is sent.
    }
  });
}

// [data-moment="DATE TIME"], the ids of two fields in UTC, says what that is on this clock.
for (const words of document.querySelectorAll("[data-moment]")) {
  const [date, time] = words.dataset.moment.split(" ").map((id) => document.getElementById(id));
  const say = () => {
    const moment = new Date(`${date.value}T${time.value || "23:59"}Z`);
    const there = moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    words.textContent = isNaN(moment) ? "" : `On this computer’s clock: ${there}.`;
  };
  for (const field of [date, time]) field.addEventListener("input", say);
  say();
}

// #many acts on the rows whose boxes are checked. [data-all] checks all on the page.
const many = document.getElementById("many");
if (many) {
  const boxes = () => [...document.querySelectorAll('[name=ids][form="many"]')];
  const choose_all = many.querySelector("[data-choose-all]");
  const [chosen_ones] = many.elements.which.options;
  const words = chosen_ones.textContent;
  const count = () => {
    const number = boxes().filter((box) => box.checked).length;
    chosen_ones.textContent = number ? `${number} chosen` : words;
    for (const all of document.querySelectorAll("[data-all]")) {
      all.checked = number > 0 && number === boxes().length;
      all.indeterminate = number > 0 && !all.checked;
    }
    return number;
  };
  const check = (checked) => {
    for (const box of boxes()) box.checked = checked;
    count();
  };
  choose_all.hidden = false;
  choose_all.addEventListener("click", () => check(true));
  document.addEventListener("change", ({ target }) =>
    target.matches("[data-all]") ? check(target.checked) : count(),
  );
  addEventListener("pageshow", count);
  many.addEventListener("submit", () => {
    const number = many.elements.which.value === "all" ? many.dataset.total : count();
    many.dataset.working = `Working on ${number} ${many.dataset.noun}${number == 1 ? "" : "s"}…`;
  });
}

// [data-working] is said by the button of a form whose answer takes its time; it is not sent twice.
document.addEventListener("submit", ({ target, submitter }) => {
  if (!target.dataset.working) return;
  // A disabled button would not be part of what is sent.
  setTimeout(() => {
    for (const button of target.querySelectorAll("button")) button.disabled = true;
  });
  setTimeout(() => (submitter.textContent = target.dataset.working), 700);
});
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// [data-opens=URL] unfolds what is there under its row, and folds it again.
document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = opener.closest("tr");
  const is_open = opener.ariaExpanded === "true";
  opener.ariaExpanded = String(!is_open);
  if (row.nextElementSibling?.matches(".inside")) row.nextElementSibling.remove();
  if (is_open) return;
  try {
    const answer = await fetch(opener.dataset.opens, { headers: { "X-Live": "1" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    if (opener.ariaExpanded !== "true") return;
    const inside = document.createElement("tr");
    inside.className = "inside";
    inside.innerHTML = `<td colspan="${row.cells.length}">${html}</td>`;
    row.after(inside);
  } catch {
    location.href = opener.href;
  }
});
