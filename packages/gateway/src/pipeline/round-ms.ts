/** To whole microseconds: what a clock says beyond them is noise, in seventeen digits that people have to read. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
