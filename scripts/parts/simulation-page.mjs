/**
 * Rows that were counted, put into the tables of docs/reference/analysis.md. A row that was not counted this time stays as it
 * is: each says with which seed it was counted, so that rows of several runs stand side by side.
 */

const line = (cells) => `| ${cells.join(' | ')} |`

/** `names`: all rows that there are, in order; `rows`: cells of those that were counted, the name first. */
export function withRows(text, { table, head, names, rows }) {
  const marks = new RegExp(`(<!-- ${table}: written by npm run simulate -->\n)([^]*?)(<!-- end -->)`)
  const found = marks.exec(text)
  if (found === null) throw new Error(`the page has no place for a table named ${table}`)
  const [all, from, before, to] = found
  const [oldHead, , ...old] = before.split('\n').filter((it) => it.startsWith('|'))
  if (old.length > 0 && oldHead !== line(head)) {
    throw new Error(
      `the table ${table} has the columns "${oldHead}", expected "${line(head)}"; nothing was written`,
    )
  }
  const lines = new Map(old.map((it) => [it.split(' | ')[0]?.replace(/^\| /, ''), it]))
  for (const it of rows) lines.set(it[0], line(it))
  const kept = names.filter((it) => lines.has(it)).map((it) => lines.get(it))
  const put = ['', line(head), line(head.map(() => '---')), ...kept, '', ''].join('\n')
  return text.replace(all, () => `${from}${put}${to}`)
}
