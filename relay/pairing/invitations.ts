// The invitations that IT has given out and that are still good, as the relay holds them in memory. Pure;
// `pairing/pairing.ts` keeps one, `ringcue invite` writes them into the store.

export type Invitation = { hash: string; extension: string; expiresAt: number };

export type Invitations = {
  /** Whose it is, once: from now on it is used. `extension`: whose it is thought to be; null: nobody has said so. */
  use(hash: string, extension: string | null, at: number): string | null;
  /** What another process has made of them. */
  replace(invitations: readonly Invitation[]): void;
};

export function createInvitations(): Invitations {
  let byHash = new Map<string, Invitation>();
  return {
    use(hash, extension, at) {
      const invitation = byHash.get(hash);
      if (!invitation || at >= invitation.expiresAt) return null;
      if (extension !== null && extension !== invitation.extension) return null;
      byHash.delete(hash);
      return invitation.extension;
    },
    replace(invitations) {
      byHash = new Map(invitations.map((invitation) => [invitation.hash, invitation]));
    },
  };
}
