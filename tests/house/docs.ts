/** Whether what the documents point to is there, and whether decisions say what a decision says. */
import { posix } from 'node:path'
import type { SourceFile } from './source-tree.ts'

/** Relative links of a document whose target is missing. `exists` is asked with a path from the root. */
export function deadLinks(file: SourceFile, exists: (path: string) => boolean): string[] {
  return linksOf(file.text).flatMap((link) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return []
    const [target = '', anchor] = link.split('#')
    const path = target === '' ? file.path : posix.join(posix.dirname(file.path), decodeURI(target))
    if (path.startsWith('..') || !exists(path)) return [`${file.path}: "${link}" leads nowhere`]
    if (anchor === undefined || target !== '') return []
    return anchorsOf(file.text).has(anchor) ? [] : [`${file.path}: "${link}" names no heading`]
  })
}

function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)]
  return [...inline, ...referenced].map((it) => it[1] ?? '')
}

/** As GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+\s+(.*)$/gm)].map((it) => it[1] ?? '')
  const slug = (it: string) =>
    it
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
  return new Set(headings.map(slug))
}

const HEADINGS = ['Context', 'Decision', 'Rejected', 'Consequences']

export function incompleteDecision({ path, text }: SourceFile): string[] {
  const found = [...text.matchAll(/^## (.+)$/gm)].map((it) => (it[1] ?? '').trim())
  const missing = HEADINGS.filter((it) => !found.includes(it)).map((it) => `${path}: no heading "## ${it}"`)
  const inOrder = HEADINGS.filter((it) => found.includes(it))
  const order = found.filter((it) => HEADINGS.includes(it))
  const isOrdered = inOrder.every((it, i) => it === order[i])
  const isNamed = /\/\d{4}-\d{2}-\d{2}-[a-z0-9]+(-[a-z0-9]+)*\.md$/.test(path)
  return [
    ...missing,
    ...(isOrdered ? [] : [`${path}: headings are in the order ${HEADINGS.join(', ')}`]),
    ...(isNamed ? [] : [`${path}: decisions are named YYYY-MM-DD-slug.md`]),
  ]
}
