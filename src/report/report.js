(function () {
  "use strict";
  var tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.appendChild(tip);
  function show(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    var box = tip.getBoundingClientRect();
    var left = Math.min(x + 14, window.innerWidth - box.width - 8);
    var top = y + 16 + box.height > window.innerHeight ? y - box.height - 12 : y + 16;
    place(Math.max(8, left), Math.max(8, top));
  }
  function place(left, top) {
    // The policy allows no style attributes; properties set by script are.
    tip.style.left = left + "px";
    tip.style.top = top + "px";
  }
  function hide() { tip.hidden = true; }
  var figures = document.querySelectorAll("figure");
  figures.forEach(function (figure) {
    var spots = Array.prototype.slice.call(figure.querySelectorAll(".spot"));
    if (!spots.length) { return; }
    var texts = spots.map(function (spot) {
      var title = spot.querySelector("title");
      var text = title ? title.textContent : "";
      // The page's own tooltip takes over from the browser's.
      if (title) { title.remove(); }
      spot.addEventListener("mousemove", function (e) { show(text, e.clientX, e.clientY); });
      spot.addEventListener("mouseleave", hide);
      return text;
    });
    var at = -1;
    figure.tabIndex = 0;
    figure.setAttribute("aria-description", "Arrow keys tell the values.");
    function mark(next) {
      if (at >= 0) { spots[at].classList.remove("on"); }
      at = next;
      if (at < 0) { hide(); return; }
      spots[at].classList.add("on");
      var box = spots[at].getBoundingClientRect();
      show(texts[at], box.left + box.width / 2, box.top + box.height / 2);
    }
    figure.addEventListener("keydown", function (e) {
      if (e.target !== figure) { return; }
      if (e.key === "ArrowRight") { mark(Math.min(at + 1, spots.length - 1)); e.preventDefault(); }
      if (e.key === "ArrowLeft") { mark(Math.max(at - 1, 0)); e.preventDefault(); }
      if (e.key === "Escape") { mark(-1); }
    });
    figure.addEventListener("blur", function () { mark(-1); });
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    // Browsers whose style sheets cannot open them; which those are, the class says.
    document.querySelectorAll("details.paper:not([open])").forEach(function (d) {
      d.open = true;
      opened.push(d);
    });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (d) { d.open = false; });
    opened = [];
  });
}());
