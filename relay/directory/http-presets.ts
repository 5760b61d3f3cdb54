// How well-known CRMs are asked, as data: IT names one and gives the address and the secret. Pure; `config-directory.ts` reads it.
// `{base}` is the address that IT gives, without a slash at its end. Each is tried against a recorded reply (tests/unit).
//
//   bitrix24   apidocs.bitrix24.com: batch, crm.duplicate.findbycomm, crm.contact.list, crm.company.list. It compares digits,
//              whatever a number was written like. Each kind is asked for by itself, as 20 leads with one number would hide the
//              contacts. `base` is the incoming webhook's without its secret: https://x.bitrix24.ru/rest/1
//   amocrm     www.amocrm.ru/developers/content/crm_platform/contacts-api, "Список контактов" (Kommo: the same): `query` searches
//              all fields that are filled in; nobody is 204 without a body
//   hubspot    developers.hubspot.com, "Search the CRM": the calculated properties hold area code and number without the country.
//              `base` is https://app.hubspot.com/contacts/PORTAL, for the card
//   suitecrm   docs.suitecrm.com, "JSON API"; Api/V8/JsonApi/Repository/Filter.php in its source. Numbers are compared as they are
//              written, so the usual ways are asked for
//   1c         an HTTP service of your own configuration (its text: relay/directory/README.md)
import type { ClientsAt } from './http-answer.ts';

export type HttpQuestion = {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
  /** Where a token is had for the secret [RFC 6749 4.4]; null: the secret goes as it is. */
  tokenUrl: string | null;
  lists: readonly ClientsAt[];
};

const JSON_TYPE = { 'Content-Type': 'application/json', Accept: 'application/json' };
const BEARER = { Authorization: 'Bearer {secret}', Accept: 'application/json' };

const bitrixNumbers = 'PHONE[].VALUE';
const amoNumbers = 'custom_fields_values[field_code=PHONE].values[].value';
const suiteNumbers = ['phone_mobile', 'phone_work', 'phone_home', 'phone_other'];
/** PHP keeps the last of two parameters with one name. SuiteCRM knows an operator in capitals, small or mixed letters. */
const suiteWays = { eq: '{e164}', eQ: '{digits}', Eq: '8{national}', EQ: '{national}' };
/** What the filter does not say of `deleted` it adds: `or deleted = 0`, which is everybody. The deleted are left out anyway. */
const suiteFilter = ['phone_mobile', 'phone_work']
  .flatMap((name) => Object.entries(suiteWays).map(([way, value]) => `&filter[${name}][${way}]=${value}`))
  .concat('&filter[deleted][lt]=0')
  .join('');

export const HTTP_PRESETS = {
  bitrix24: {
    method: 'POST',
    url: '{base}/{secret}/batch.json',
    headers: JSON_TYPE,
    body: JSON.stringify({
      halt: 0,
      cmd: {
        // Within it the values stand in addresses; digits need no escape there.
        people: 'crm.duplicate.findbycomm?entity_type=CONTACT&type=PHONE&values[]={digits}',
        firms: 'crm.duplicate.findbycomm?entity_type=COMPANY&type=PHONE&values[]={digits}',
        contacts:
          'crm.contact.list?filter[ID]=$result[people][CONTACT]&select[]=ID&select[]=NAME&select[]=SECOND_NAME&select[]=LAST_NAME&select[]=PHONE&select[]=POST',
        companies:
          'crm.company.list?filter[ID]=$result[firms][COMPANY]&select[]=ID&select[]=TITLE&select[]=PHONE',
      },
    }),
    tokenUrl: null,
    lists: [
      {
        at: 'result.result.contacts[]',
        id: 'ID',
        name: ['NAME', 'SECOND_NAME', 'LAST_NAME'],
        numbers: [bitrixNumbers],
        fields: { post: 'POST' },
        card: '{origin}/crm/contact/details/{id}/',
      },
      {
        at: 'result.result.companies[]',
        id: 'ID',
        name: ['TITLE'],
        numbers: [bitrixNumbers],
        fields: {},
        card: '{origin}/crm/company/details/{id}/',
      },
    ],
  },
  amocrm: {
    method: 'GET',
    url: '{base}/api/v4/contacts?limit=20&query={national}',
    headers: BEARER,
    body: null,
    tokenUrl: null,
    lists: [
      {
        at: '_embedded.contacts[]',
        id: 'id',
        name: ['name'],
        numbers: [amoNumbers],
        fields: { post: 'custom_fields_values[field_code=POSITION].values[0].value' },
        card: '{origin}/contacts/detail/{id}',
      },
    ],
  },
  hubspot: {
    method: 'POST',
    url: 'https://api.hubapi.com/crm/v3/objects/contacts/search',
    headers: { ...JSON_TYPE, Authorization: 'Bearer {secret}' },
    body: JSON.stringify({
      filterGroups: ['hs_searchable_calculated_phone_number', 'hs_searchable_calculated_mobile_number'].map(
        (propertyName) => ({ filters: [{ propertyName, operator: 'EQ', value: '{national}' }] }),
      ),
      properties: ['firstname', 'lastname', 'phone', 'mobilephone', 'company', 'jobtitle'],
      limit: 20,
    }),
    tokenUrl: null,
    lists: [
      {
        at: 'results[]',
        id: 'id',
        name: ['properties.firstname', 'properties.lastname'],
        numbers: ['properties.phone', 'properties.mobilephone'],
        fields: { company: 'properties.company', post: 'properties.jobtitle' },
        card: '{base}/record/0-1/{id}',
      },
    ],
  },
  suitecrm: {
    method: 'GET',
    url: `{base}/Api/V8/module/Contacts?page[size]=20&filter[operator]=or${suiteFilter}`,
    headers: { Authorization: 'Bearer {token}', Accept: 'application/vnd.api+json' },
    body: null,
    tokenUrl: '{base}/Api/access_token',
    lists: [
      {
        at: 'data[]',
        id: 'id',
        name: ['attributes.full_name'],
        numbers: suiteNumbers.map((name) => `attributes.${name}`),
        fields: { company: 'attributes.account_name', post: 'attributes.title' },
        card: '{base}/index.php?module=Contacts&action=DetailView&record={id}',
      },
    ],
  },
  '1c': {
    method: 'GET',
    url: '{base}/hs/ringcue/client?e164={e164}&last10={last10}',
    headers: { Accept: 'application/json' },
    body: null,
    tokenUrl: null,
    lists: [
      {
        at: 'clients[]',
        id: 'id',
        name: ['name'],
        numbers: ['numbers[]'],
        url: 'url',
        manager: 'manager',
        vip: 'vip',
        blocked: 'blocked',
        fields: { company: 'company', debt: 'debt', order: 'order' },
      },
    ],
  },
} as const satisfies Record<string, HttpQuestion>;

export type PresetName = keyof typeof HTTP_PRESETS;

/** The preset at an address. */
export function presetAt(name: PresetName, base: string): HttpQuestion {
  const preset: HttpQuestion = HTTP_PRESETS[name];
  const place = base.replace(/\/+$/, '');
  const origin = URL.canParse(place) ? new URL(place).origin : place;
  const at = (text: string): string => text.replaceAll('{base}', place).replaceAll('{origin}', origin);
  return {
    ...preset,
    url: at(preset.url),
    tokenUrl: preset.tokenUrl === null ? null : at(preset.tokenUrl),
    lists: preset.lists.map((list) => (list.card === undefined ? list : { ...list, card: at(list.card) })),
  };
}
