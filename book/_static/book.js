// What sphinx-design's tabs and Sphinx's search leave to do. Deferred, so it runs before both.

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

// From the file system a page may not read others, so the search lists titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
