// A dialplan that has looked the client up already says so before it dials. [Asterisk application UserEvent]
import assert from 'node:assert/strict';
import { NUMBER, publicNumberOf } from './additions.ts';
import { answered, CLIENT, type Scenario } from './scenario.ts';

export const knownClients: readonly Scenario[] = [
  {
    name: 'The dialplan names the client before it dials',
    told: { 101: answered(CLIENT) },
    async play({ client, one }) {
      await client.calls(publicNumberOf(NUMBER.knownClient));
      await one.answers();
      await client.isAnswered();
      await client.hangsUp();
      await one.isFree();
    },
    check(told) {
      const party = told('101')[0]?.party;
      assert.equal(party?.client?.id, '7');
      assert.equal(party.client.name, 'ООО Ромашка');
      assert.equal(party.url, 'https://crm.example/7');
    },
  },
];
