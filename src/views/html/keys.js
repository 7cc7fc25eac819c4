// The keys: who hears of which, and the dialog that tells them.

// `back` is for Escape, and says whether there was a way back; else what is typed into is left.
function listenToKeys(told, keys, back) {
  const dialog = h("dialog", { id: "keys" }, h("h2", {}, "Keys"), h("dl", {}, told.map(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)])),
    h("form", { method: "dialog" }, h("button", {}, "Close")));
  document.body.append(dialog);
  const help = document.getElementById("help");
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog.open) return;
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") {
      if (!back() && isTyping) event.target.blur();
      return;
    }
    const act = event.key === "?" ? () => dialog.showModal() : keys[event.key];
    if (isTyping || !act) return;
    event.preventDefault();
    act();
  });
}
