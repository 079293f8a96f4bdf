import { suiteNeeding } from '../support/suite-needing.ts';
import { itKeepsPermissions } from './permissions.ts';

suiteNeeding('permissions of a probe', ['nats-server'], itKeepsPermissions);
