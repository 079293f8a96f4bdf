export type CauseStatus = 'named' | 'possible' | 'excluded';

/** `diagnosis` of summary.json. */
export interface Diagnosis {
  verdict: 'named' | 'cannot-tell' | 'healthy' | 'none';
  /** The verdict in one sentence. */
  text: string;
  /** What is to be explained, in sentences. */
  symptoms: string[];
  causes: DiagnosedCause[];
  /** What would tell the causes that remain apart. */
  decide: { text: string; command?: string }[];
}

export interface DiagnosedCause {
  id: string;
  name: string;
  status: CauseStatus;
  for: string[];
  against: string[];
  /** What to do, of one that is named or possible. */
  next: string[];
  /** What would prove it. */
  proof: string;
}
