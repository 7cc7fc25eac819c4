// A list of any length, of which only those rows are elements that can be seen. All are as high as the first.

// Browsers know no element that is much higher; a room that would be is scrolled through faster.
const HIGHEST = 8e6;
// Rows on paper.
const PRINTED = 1000;
for (const name of ["beforeprint", "afterprint"]) {
  addEventListener(name, () => document.querySelectorAll(".list").forEach((box) => box.dispatchEvent(new Event(name))));
}

function virtualList({ label, head, render, pick }) {
  const rows = h("div", { class: "rows" });
  const room = h("div", { class: "room" }, rows);
  const box = h("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": label }, head, room);
  let items = [];
  let at = 0;
  let height = 36;
  let shown = [-1, -1];
  // What of the box is not under the head.
  const inside = () => box.clientHeight - (head?.offsetHeight ?? 0);
  const whole = () => items.length * height;
  // Pixels of rows for one that is scrolled.
  const scale = () => (whole() > HIGHEST ? (whole() - inside()) / (HIGHEST - inside()) : 1);

  function draw(force) {
    const top = box.scrollTop * scale();
    const first = Math.max(0, Math.floor(top / height) - 10);
    const end = Math.min(items.length, Math.ceil((top + inside()) / height) + 10);
    rows.style.transform = `translateY(${first * height + box.scrollTop - top}px)`;
    if (!force && first === shown[0] && end === shown[1]) return;
    shown = [first, end];
    rows.replaceChildren(...items.slice(first, end).map((item, i) => {
      const row = render(item, first + i);
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(first + i === at));
      row.setAttribute("aria-posinset", String(first + i + 1));
      row.setAttribute("aria-setsize", String(items.length));
      row.addEventListener("click", (event) => {
        if (event.target.closest("a")) return;
        select(first + i);
        pick(item);
      });
      return row;
    }));
  }

  function measure() {
    const row = rows.firstElementChild;
    const real = row ? row.getBoundingClientRect().height : 0;
    if (real > 0 && Math.abs(real - height) > 0.5) height = real;
    room.style.height = `${Math.min(whole(), HIGHEST)}px`;
  }

  function select(index, into = true) {
    at = Math.max(0, Math.min(items.length - 1, index));
    const [top, by] = [at * height, scale()];
    if (into && top < box.scrollTop * by) box.scrollTop = Math.floor(top / by);
    if (into && top + height > box.scrollTop * by + inside()) box.scrollTop = Math.ceil((top + height - inside()) / by);
    draw(true);
  }

  const page = () => Math.max(1, Math.floor(inside() / height) - 1);
  const KEYS = {
    ArrowDown: () => at + 1, j: () => at + 1, ArrowUp: () => at - 1, k: () => at - 1,
    PageDown: () => at + page(), PageUp: () => at - page(), Home: () => 0, End: () => items.length - 1,
  };
  box.addEventListener("keydown", (event) => {
    if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && items[at] !== undefined) pick(items[at]);
    else if (KEYS[event.key]) select(KEYS[event.key]());
    else return;
    event.preventDefault();
  });
  box.addEventListener("scroll", () => draw(false));
  const refresh = () => { draw(true); measure(); draw(true); };
  new ResizeObserver(refresh).observe(box);
  box.addEventListener("beforeprint", () => {
    rows.style.transform = "";
    rows.replaceChildren(...items.slice(0, PRINTED).map((item, i) => render(item, i)));
  });
  box.addEventListener("afterprint", () => draw(true));

  return {
    box,
    show(next) { items = next; at = 0; box.scrollTop = 0; refresh(); },
    select,
    items: () => items,
    selected: () => items[at],
  };
}
