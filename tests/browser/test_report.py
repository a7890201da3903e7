"""The report in a real browser: `scripts/browser-tests.sh` runs this.

Makes results with the command itself, puts hostile text wherever a result has
text, and looks at the page as a reader does. Pictures go to target/browser/.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Browser  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MPATHSIM = os.environ.get("MPATHSIM", str(ROOT / "target/release/mpathsim"))
PICTURES = ROOT / "target/browser"
HOSTILE = "<img src=x onerror=alert(1)>\"'&amp;<script>alert(2)</script></title></style>"
A4, LETTER = (8.27, 11.69), (8.5, 11.0)


def mpathsim(*words):
    return subprocess.run([MPATHSIM, *map(str, words)], check=True, cwd=ROOT, capture_output=True)


def replace(value):
    """The same, hostile text after each name and text of a person."""
    if isinstance(value, dict):
        named = ("name", "about", "job", "why", "what")
        return {
            key: item + HOSTILE if key in named and isinstance(item, str) else replace(item)
            for key, item in value.items()
        }
    return [replace(item) for item in value] if isinstance(value, list) else value


def brightness(colour):
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = Path(cls.folder.name)
        PICTURES.mkdir(parents=True, exist_ok=True)
        scenarios = {
            "quick": "scenarios/quick-start.toml",
            "failover": "scenarios/failover/port-down-and-back.toml",
        }
        for name, scenario in scenarios.items():
            mpathsim("run", scenario, "--quiet", "--one-profile", "--out", folder / name)
        shutil.copytree(folder / "failover", folder / "hostile")
        summary = folder / "hostile/summary.json"
        summary.write_text(json.dumps(replace(json.loads(summary.read_text()))))
        scenario = folder / "hostile/scenario.toml"
        scenario.write_text(f"# {HOSTILE}\n" + scenario.read_text())
        cls.page, cls.hostile = folder / "report.html", folder / "hostile.html"
        mpathsim("report", folder / "quick", folder / "failover", "--out", cls.page)
        mpathsim("report", folder / "hostile", "--title", HOSTILE, "--out", cls.hostile)
        cls.browser = Browser()
        cls.browser.size(1200, 900)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def setUp(self):
        self.browser.complaints.clear()
        self.browser.requests.clear()
        self.browser.prefer("light")
        self.browser.call("Emulation.setScriptExecutionDisabled", value=False)

    def open(self, page):
        self.browser.open(page)
        self.browser.run("document.fonts.ready.then(() => 1)")

    def test_it_renders_without_complaints_or_network(self):
        self.open(self.page)
        self.assertEqual(self.browser.complaints, [])
        own = [r for r in self.browser.requests if not r.startswith(("file:", "data:"))]
        self.assertEqual(own, [])
        self.assertGreaterEqual(self.browser.run("document.querySelectorAll('figure svg').length"), 12)
        self.assertTrue(self.browser.run("document.fonts.check('16px Inter')"))
        wide = "document.documentElement.scrollWidth <= innerWidth"
        for width in (1200, 400):
            self.browser.size(width, 900)
            self.assertTrue(self.browser.run(wide), f"{width} pixels are too few")
        self.browser.size(1200, 900)
        self.browser.screenshot(PICTURES / "light.png")

    def test_no_text_of_a_figure_is_cut_or_covered(self):
        self.open(self.page)
        found = self.browser.run(
            """(() => {
              const bad = [];
              for (const svg of document.querySelectorAll('figure svg')) {
                const page = svg.getBoundingClientRect();
                const texts = [...svg.querySelectorAll('text')].map(
                  t => [t.textContent.trim(), t.getBoundingClientRect()]);
                texts.forEach(([name, a], i) => {
                  if (a.left < page.left || a.right > page.right ||
                      a.top < page.top || a.bottom > page.bottom) bad.push('cut: ' + name);
                  for (const [other, b] of texts.slice(i + 1)) {
                    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                    const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                    // Boxes of lines are taller than their letters.
                    if (w > 1 && h > 0.4 * Math.min(a.height, b.height))
                      bad.push(name + ' lies on ' + other);
                  }
                });
              }
              return bad;
            })()"""
        )
        self.assertEqual(found, [])

    def test_hovering_tells_the_value(self):
        self.open(self.page)
        spot = self.browser.run(
            """(() => {
              const spot = document.querySelector('#r0-layers .spot');
              spot.scrollIntoView({block: 'center'});
              const b = spot.getBoundingClientRect();
              return [b.left + b.width / 2, b.top + b.height / 2];
            })()"""
        )
        self.browser.hover(*spot)
        tip = "document.getElementById('tip')"
        self.assertFalse(self.browser.run(f"{tip}.hidden"))
        self.assertIn("Bios that merged", self.browser.run(f"{tip}.textContent"))
        self.browser.hover(5, 5)
        self.assertTrue(self.browser.run(f"{tip}.hidden"))

    def test_keys_tell_the_values_too(self):
        self.open(self.page)
        self.browser.run("document.querySelector('#r0-layers').focus()")
        self.browser.key("ArrowRight")
        self.browser.key("ArrowRight")
        text = "document.getElementById('tip').textContent"
        self.assertIn("request mode", self.browser.run(text))
        self.browser.key("Escape")
        self.assertTrue(self.browser.run("document.getElementById('tip').hidden"))

    def test_dark_is_dark_all_over(self):
        self.browser.prefer("dark")
        self.open(self.page)
        ground = self.browser.run("getComputedStyle(document.documentElement).backgroundColor")
        text = self.browser.run("getComputedStyle(document.querySelector('p')).color")
        paper = self.browser.run("getComputedStyle(document.querySelector('svg rect')).fill")
        self.assertLess(brightness(ground), 150)
        self.assertGreater(brightness(text), 450)
        self.assertEqual(paper, ground)
        self.browser.screenshot(PICTURES / "dark.png")

    def test_it_prints_on_light_paper_with_its_tables(self):
        self.browser.prefer("dark")
        self.open(self.page)
        for name, size in {"a4": A4, "letter": LETTER}.items():
            path = PICTURES / f"{name}.pdf"
            self.browser.pdf(path, *size)
            self.assertTrue(path.read_bytes().startswith(b"%PDF"))
        self.browser.prefer("dark", media="print")
        ground = self.browser.run("getComputedStyle(document.documentElement).backgroundColor")
        self.assertGreater(brightness(ground), 700)
        self.assertEqual(self.browser.run("getComputedStyle(document.querySelector('nav')).display"), "none")
        self.assertEqual(self.browser.complaints, [])

    def folds_in_print(self):
        """Each fold that paper shows: its name, and how high what it holds is."""
        return self.browser.run(
            """[...document.querySelectorAll('details')]
              .filter(d => getComputedStyle(d).display !== 'none')
              .map(d => {
                const inside = d.querySelector(':scope > :not(summary)');
                const high = inside.getBoundingClientRect().height;
                return [d.querySelector('summary').textContent, high];
              })"""
        )

    def test_nothing_is_folded_on_paper(self):
        # With scripts and without: the style alone opens what is printed.
        for disabled in (False, True):
            self.browser.call("Emulation.setScriptExecutionDisabled", value=disabled)
            self.browser.open(self.page)
            self.browser.prefer("light", media="print")
            folds = self.folds_in_print()
            self.assertGreater(len(folds), 5)
            self.assertEqual([name for name, height in folds if height < 30], [])
            self.assertNotIn("All figures, as mpathsim run prints them", dict(folds))
            told = "document.querySelector('section > .unprinted').getClientRects().length"
            self.assertEqual(self.browser.run(told), 1)
            long = """[...document.querySelectorAll('figure details')].filter(
              d => getComputedStyle(d).display !== 'none' &&
                d.querySelectorAll('tbody tr').length > 40).length"""
            self.assertEqual(self.browser.run(long), 0)
        self.browser.prefer("light")

    def test_two_figures_find_room_on_a_page(self):
        self.open(self.page)
        # Millimetres of Letter within its margins, as pixels of CSS.
        wide, high = ((inches * 25.4 - 32) * 96 / 25.4 for inches in LETTER)
        self.browser.size(round(wide), round(high))
        self.browser.prefer("light", media="print")
        heights = self.browser.run(
            """['layers', 'sequence', 'latency', 'percentiles', 'paths'].map(
              kind => document.getElementById('r0-' + kind).getBoundingClientRect().height)"""
        )
        self.browser.prefer("light")
        self.browser.size(1200, 900)
        between = 16
        self.assertLess(heights[0] + heights[1] + between, high, heights)
        self.assertLess(heights[2] + heights[3] + between, high, heights)

    def test_the_first_page_is_not_empty(self):
        self.open(self.page)
        self.browser.size(700, 1000)
        self.browser.prefer("light", media="print")
        breaks = self.browser.run(
            "[...document.querySelectorAll('.result > h2')].map(h => getComputedStyle(h).breakBefore)"
        )
        self.browser.prefer("light")
        self.browser.size(1200, 900)
        self.assertEqual(breaks, ["auto", "page"])

    def test_hostile_text_stays_text(self):
        self.open(self.hostile)
        self.assertEqual(self.browser.complaints, [])
        count = "document.querySelectorAll('img, iframe, object, script, style').length"
        self.assertEqual(self.browser.run(count), 2, "the page's own style and script")
        shown = self.browser.run("document.querySelector('h1').textContent")
        self.assertEqual(shown, HOSTILE)
        self.assertEqual(self.browser.run("document.title"), HOSTILE)
        self.assertIn(HOSTILE, self.browser.run("document.querySelector('#r0').textContent"))
        self.browser.screenshot(PICTURES / "hostile.png")

    def test_the_policy_stops_what_is_not_the_page_s_own(self):
        self.open(self.page)
        self.browser.run(
            """(() => {
              const script = document.createElement('script');
              script.textContent = 'window.foreign = 1';
              document.body.appendChild(script);
              const image = document.createElement('img');
              image.src = 'https://example.com/x.png';
              document.body.appendChild(image);
            })()"""
        )
        self.assertIsNone(self.browser.run("window.foreign"))
        self.assertTrue(any("Content Security Policy" in c for c in self.browser.complaints))
        self.assertIn("csp", self.browser.blocked)

    def test_it_says_the_same_without_scripts(self):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        self.open_without_scripts()
        # What the reader sees is in the document itself.
        text = self.browser.call("DOM.getDocument", depth=-1)
        words = json.dumps(text)
        for part in ("Bios that merged", "The answer", "How far to trust it"):
            self.assertIn(part, words)
        self.browser.screenshot(PICTURES / "no-script.png")

    def open_without_scripts(self):
        self.browser.open(self.page)

    def test_it_is_accessible(self):
        self.open(self.page)
        self.assertEqual(self.browser.run("document.documentElement.lang"), "en")
        levels = self.browser.run(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])"
        )
        self.assertEqual(levels.count(1), 1)
        for before, after in zip(levels, levels[1:]):
            self.assertLessEqual(after, before + 1, "no level is skipped")
        nameless = self.browser.run(
            "[...document.querySelectorAll('svg')].filter(s => !s.getAttribute('aria-label')).length"
        )
        self.assertEqual(nameless, 0)
        broken = self.browser.run(
            "[...document.querySelectorAll('a[href^=\"#\"]')]"
            ".filter(a => !document.getElementById(a.hash.slice(1))).length"
        )
        self.assertEqual(broken, 0)
        doubled = self.browser.run(
            "(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
            "return ids.length - new Set(ids).size; })()"
        )
        self.assertEqual(doubled, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
