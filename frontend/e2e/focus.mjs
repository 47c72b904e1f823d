// Whether somebody who uses the keyboard sees where they are: WCAG 2.2, 2.4.7 (focus visible) and 2.4.11 (not obscured).

/** `what is wrong: element` of everything on the page that can be focused. */
export async function unseen(page) {
  await page.keyboard.press("Tab"); // from here on a focus is one of the keyboard
  return page.evaluate(async () => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
    const LOOKS = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderColor", "backgroundColor", "textDecorationLine"];
    const around = (one) => [one, ...one.querySelectorAll("*"), one.closest("label") ?? one].slice(0, 40);
    const looks = (one) => around(one).map((part) => LOOKS.map((name) => getComputedStyle(part)[name]).join()).join();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const said = [];
    for (const one of all) {
      if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({ visibilityProperty: true }) || one.closest("[inert]")) continue;
      document.activeElement?.blur();
      const before = looks(one);
      one.focus();
      if (document.activeElement !== one) continue; // it was taken away by what was focused before
      await frame();
      const name = one.outerHTML.slice(0, 160);
      const style = getComputedStyle(one);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
      if (!outlined && looks(one) === before) said.push(`nothing shows the focus: ${name}`);
      const box = one.getBoundingClientRect();
      const clip = [Math.max(box.left, 0), Math.max(box.top, 0), Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
      const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].map(([x, y]) => [clip[0] + x * (clip[2] - clip[0]), clip[1] + y * (clip[3] - clip[1])]);
      const sees = points.some(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (one.contains(top) || top.contains(one) || top.closest("label")?.contains(one));
      });
      const hidden = box.width <= 1 || box.height <= 1 || style.opacity === "0"; // drawn by what stands around it
      if (!hidden && (clip[0] >= clip[2] || clip[1] >= clip[3] || !sees)) said.push(`out of sight: ${name}`);
    }
    return said;
  });
}
