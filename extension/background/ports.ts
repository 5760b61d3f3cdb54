// All that the background's core needs of the world. Types only: main.ts gives it a browser's, the chaos test others.
import type { Policy } from '../managed.ts';
import type { Say } from '../phrases.ts';
import type { Settings, Target } from '../settings.ts';
import type { HeldPosition, State } from '../state.ts';
import type { HeldToken } from '../tokens.ts';
import type { Badge } from './badge.ts';
import type { Card } from './cards.ts';
import type { KnownDevices } from './devices.ts';
import type { Notice } from './notifier.ts';
import type { Socket, SocketReports } from './socket.ts';
import type { Reachability, Verdict } from './verdict.ts';

/** Nothing here may throw; what is awaited may take as long as it likes. */
export type Ports = {
  /** ms since 1970, as the people before the screen know it */
  now(): number;
  /** in [0, 1) */
  random(): number;
  /** Returns how to call it off. */
  after(delayMs: number, run: () => void): () => void;
  /** What IT has set; it stands above the settings already. */
  readPolicy(): Promise<Policy>;
  readUsedInvitations(): Promise<string[]>;
  writeUsedInvitations(used: string[]): Promise<void>;
  readSettings(): Promise<Settings>;
  writeSettings(settings: Settings): Promise<void>;
  readTokens(): Promise<HeldToken[]>;
  writeTokens(tokens: HeldToken[]): Promise<void>;
  readKnownDevices(): Promise<KnownDevices[]>;
  writeKnownDevices(known: KnownDevices[]): Promise<void>;
  readState(): Promise<State>;
  writeState(part: Partial<State>): Promise<void>;
  readPositions(): Promise<HeldPosition[]>;
  writePositions(positions: HeldPosition[]): Promise<void>;
  probe(relayUrl: string, deadlineMs: number): Promise<Reachability>;
  openSocket(relayUrl: string, reports: SocketReports): Socket;
  testConnection(target: Target): Promise<Verdict>;
  stayAwake(): void;
  show(notice: Notice): Promise<void>;
  update(notice: Notice): Promise<void>;
  clear(noticeId: string): Promise<void>;
  paint(badge: Badge): Promise<void>;
  openCard(cards: Card[], url: string): Promise<number | null>;
  /** An address of a program's own, as `e1c:`. */
  openProgram(url: string): Promise<void>;
  /** The page that lists the browsers which are paired. */
  openDevices(): Promise<void>;
  /** As this browser calls itself when it is paired: `Chrome on Windows`. */
  browserName(): string;
  /** Begins the background anew, in the version that waits. */
  reload(): void;
  say: Say;
};
