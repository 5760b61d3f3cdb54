// Every scenario on Asterisk 22 with chan_pjsip, in a file of its own, as files run side by side.
import { testScenarios } from './as-tests.ts';

testScenarios({ asterisk: '22', driver: 'pjsip' });
