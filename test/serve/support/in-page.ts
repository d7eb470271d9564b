import type { Page } from 'playwright-core';

/** A text whose colour stands out too little from what is behind it. */
export interface Faint {
  readonly text: string;
  readonly ratio: number;
}

/**
 * Every text of the page whose contrast, by the formula of WCAG 2, is below the given ratio. It is a string because it
 * runs in the browser, which this project has no types for.
 */
export function faintTexts(page: Page, least: number): Promise<readonly Faint[]> {
  return page.evaluate<readonly Faint[]>(`(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const ground = (element) => {
      for (let one = element; one !== null; one = one.parentElement) {
        const color = rgba(getComputedStyle(one).backgroundColor);
        if (color[3] === 255) return color;
      }
      return [255, 255, 255, 255];
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === '' || ['STYLE', 'SCRIPT', 'title'].includes(element.tagName)) continue;
      const style = getComputedStyle(element);
      const color = rgba(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
      const [a, b] = [luminance(color), luminance(ground(element))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < ${least}) faint.push({ text: node.data.trim().slice(0, 60), ratio });
    }
    return faint;
  })()`);
}

/** How many pixels the page is wider than the window, and which elements reach beyond it. */
export function overflow(page: Page): Promise<{ readonly pixels: number; readonly elements: readonly string[] }> {
  return page.evaluate<{ pixels: number; elements: string[] }>(`(() => {
    const width = document.documentElement.clientWidth;
    const elements = [...document.body.querySelectorAll('*')]
      .filter((one) => one.getBoundingClientRect().right > width + 0.5)
      .map((one) => one.tagName + ' ' + one.textContent.trim().slice(0, 40));
    return { pixels: document.documentElement.scrollWidth - width, elements: elements.slice(0, 5) };
  })()`);
}
