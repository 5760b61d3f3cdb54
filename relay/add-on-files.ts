// The packed add-on that the relay hands out to browsers that are to install or update it by themselves. `AddOnOffer` is
// what the relay's pages may offer; `commands/serve.ts` gives it to them (`renderPage({ …, addOn: addOnFiles.offer() })`).

/** Paths below the relay's own base, such as `add-on/ringcue.xpi`; null: no such package is served. */
export type AddOnOffer = {
  chromium: { id: string; updatesPath: string; crxPath: string } | null;
  firefox: { xpiPath: string } | null;
};
