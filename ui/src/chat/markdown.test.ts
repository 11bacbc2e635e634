import { expect, test } from "vitest";
import { blocksOf, htmlOf } from "./markdown";

const html = (text: string) => blocksOf(text).map(htmlOf).join("").trim();

test("formulas leave their text and how they are shown", () => {
  expect(html("So $a_1 < b$ holds.")).toBe('<p>So <span data-math="inline">a_1 &#60; b</span> holds.</p>');
  expect(html("So \\(x*y*z\\) holds.")).toBe('<p>So <span data-math="inline">x*y*z</span> holds.</p>');
  for (const text of ["$$\nx^2\n$$", "\\[\nx^2\n\\]", "```math\nx^2\n```"]) {
    expect(html(text)).toBe('<div data-math="block">x^2</div>');
  }
  expect(html("It is $$x$$ then.")).toContain('<div data-math="block">x</div>');
});

test("money is no formula, and neither is what stands in code", () => {
  expect(html("From $5 to $6, or $ 7 $.")).toBe("<p>From $5 to $6, or $ 7 $.</p>");
  expect(html("`$x$` and $y")).toBe("<p><code>$x$</code> and $y</p>");
  expect(html("```\n$$x$$\n```")).toBe('<pre><code data-language="">$$x$$\n</code></pre>');
});

test("code keeps its language and its text", () => {
  expect(html('```html title="x"\n<b onclick="x">&amp;</b>\n```')).toBe(
    '<pre><code data-language="html">&#60;b onclick=&#34;x&#34;&#62;&#38;amp;&#60;/b&#62;\n</code></pre>',
  );
  expect(html('```"><script>\nx\n```')).toContain('data-language="&#34;&#62;&#60;script&#62;"');
});

test("of a text that grows only the last block changes", () => {
  const text = "# Title\n\nOne two.\n\n- a\n- b\n\n```py\nprint(1)\n```\n\nLast";
  const before = blocksOf(text.slice(0, 30)).map((block) => block.raw);
  const after = blocksOf(text).map((block) => block.raw);
  expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  expect(after).toHaveLength(5);
});

test("links may be defined elsewhere", () => {
  expect(html("[a][b]\n\n[b]: https://example.com")).toBe('<p><a href="https://example.com">a</a></p>');
});

test("HTML is shown as it is written, but for plain tags", () => {
  expect(html("H<sub>2</sub>O<br>x")).toBe("<p>H<sub>2</sub>O<br>x</p>");
  expect(html("a <img src=x onerror=alert(1)> b")).toBe("<p>a &#60;img src=x onerror=alert(1)&#62; b</p>");
  expect(html("<script>alert(1)</script>")).toBe("&#60;script&#62;alert(1)&#60;/script&#62;");
  expect(html("<b onclick=x>a</b>")).toBe("<p>&#60;b onclick=x&#62;a</b></p>");
});
