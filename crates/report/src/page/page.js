"use strict";
for (const form of document.querySelectorAll("form[data-filter]")) {
  const rows = [...document.getElementById(form.dataset.filter).tBodies[0].rows];
  const apply = () => {
    const states = new Set([...form.querySelectorAll("input[name=state]:checked")].map((box) => box.value));
    const group = form.elements.group ? form.elements.group.value : "";
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const isShown =
        states.has(row.dataset.state) &&
        (!group || row.dataset.group === group) &&
        words.every((word) => text.includes(word));
      row.hidden = !isShown;
      shown += isShown ? 1 : 0;
    }
    form.querySelector("output").value = `${shown} of ${rows.length} shown`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  apply();
}
// A link to the rows of one group shows those alone.
for (const link of document.querySelectorAll("a[data-show]")) {
  link.addEventListener("click", () => {
    const form = document.querySelector(`form[data-filter="${link.dataset.table}"]`);
    form.reset();
    if (form.elements.group) form.elements.group.value = link.dataset.show;
    form.dispatchEvent(new Event("input"));
  });
}
