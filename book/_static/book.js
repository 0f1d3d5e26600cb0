// What sphinx-design's tabs, Sphinx's search and the themes leave to do. Deferred, so it runs before
// they do.

// The themes have some labels in English only, and the copy buttons know few languages.
const labels = JSON.parse(document.currentScript.dataset.labels);
for (const part of document.querySelectorAll("[title], [aria-label]")) {
  for (const name of ["title", "aria-label"]) {
    if (part.getAttribute(name) in labels) part.setAttribute(name, labels[part.getAttribute(name)]);
  }
}
for (const key in messages.en) messages.en[key] = labels[messages.en[key]];
iconCopy = iconCopy.replace("Copy to clipboard", messages.en.copy_to_clipboard);
iconCheck = iconCheck.replace("Copied!", messages.en.copy_success);

// The other languages have the same sections under the same names: lead to the one that is read. What
// the lab shows is in its link.
for (const page of document.querySelectorAll(".languages a")) {
  page.addEventListener("click", () => {
    const headings = [...document.querySelectorAll("section[id] > :is(h2, h3)")];
    const read = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight * 2 / 3);
    page.search = location.search;
    const section = read.length ? read.at(-1).parentElement.id : "";
    page.hash = document.getElementById("lab-link")?.hash ?? section;
  });
}

// A link may name a framework that there is none of. Drop it, or it would replace the stored choice.
const link = new URL(location.href);
const asked = link.searchParams.get("framework");
if (asked !== null && !document.querySelector(`[data-sync-id="${CSS.escape(asked)}"]`)) {
  link.searchParams.delete("framework");
  history.replaceState(null, "", link);
}

// Tabs further up change their height, too: keep the chosen one where it is on the screen.
let top_before;
document.addEventListener("change", (event) => {
  top_before = event.target.getBoundingClientRect().top;
}, true);
document.addEventListener("change", (event) => {
  scrollBy({ top: event.target.getBoundingClientRect().top - top_before, behavior: "instant" });
  dispatchEvent(new Event("resize")); // the theme then looks again for what needs to be scrolled
});

// What is dark on the screen is light on paper.
const { dataset } = document.documentElement;
addEventListener("beforeprint", () => {
  const { theme } = dataset;
  dataset.theme = "light";
  addEventListener("afterprint", () => (dataset.theme = theme), { once: true });
});

// From the file system a page may not read others, so the search lists titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
