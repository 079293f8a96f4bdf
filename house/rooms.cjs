/**
 * What each room of src/ may import of the others, and why. One table, from the top to the bottom: .dependency-cruiser.cjs
 * makes its rules of it, and docs/architecture.md shows it (npm run house).
 *
 * A key is a room, or the folders and files of it that are meant: `store/(files|lock)`. Any room may import the files that
 * stand in src/ itself.
 */
exports.ROOMS = {
  cli: {
    fleet: 'rushhour fleet, rushhour probe',
    experiment: 'rushhour experiment; the command of --hook',
    service: 'soak install and what follows it',
    serve: 'rushhour serve',
    sinks: 'opens what --sink names',
    session: 'starts runs and soaks, and says what one would do',
    evidence: 'rushhour pcap, rushhour evidence',
    lab: 'rushhour lab',
    'evidence/peer': 'rushhour peer',
    doctor: 'rushhour doctor',
    pac: 'says what a script answered',
    read: 'every command after a run',
    store: 'notes, removals, experiments that are kept',
    render: 'all that is shown',
    analysis: 'compares and judges what was read',
    'worker/protocol': 'a planned arm, for --dry-run',
    'engine/names': 'the words of --engine',
    'client/registry': 'the words of --client',
    net: 'whether the kernel can be called, and systemd be notified',
    metrics: 'the shape of a second, which is passed on to sinks',
    outcome: 'what --status expects',
    scenario: 'reads files and flags',
  },
  fleet: {
    session: 'a probe’s run is one like any other; how many workers',
    store:
      'what a run’s folder says of its start, whose process is alive, and files that are written whole, fleet.json among them',
    doctor: 'what a probe says of its machine; where nats-server is',
    'analysis/group-digits': 'figures in sentences',
    'render/(table|format|escape)': 'what is told of probes, which may say anything, in tables and in lines',
    'metrics/set-aside': 'which counts of a run under way do not count',
    'engine/names': 'what a probe says that it can',
    'engine/auth': 'credentials for a proxy on the way to the server',
    'net/authority': 'who signs the certificate of an embedded server',
    scenario: 'what a probe is asked to run, and how its policy is read',
  },
  experiment: {
    'session/load': 'proxies and workers are decided once, so that all rounds have the same',
    read: 'whether a run is complete',
    store: 'keeps how far it has come',
    scenario: 'what is run',
  },
  service: {
    'session/load': 'a night is checked as a run would be, before it is installed',
    read: 'what the last nights came to',
    store: 'whether one is under way',
    'engine/names': 'the words of --engine',
    scenario: 'what a night needs and reads',
  },
  serve: {
    read: 'shows folders of results, as every command after a run does',
    store: 'follows the files of a run under way',
    render: 'makes the pages',
    analysis: 'compares two runs',
  },
  sinks: {
    'render/(line-protocol|metric-names)': 'names and lines are those of exports',
    'store/process-mark': 'what a dead process left in the spool',
    metrics: 'is handed seconds; knows of no run and asks for nothing',
    'engine/names': 'an engine’s name is a label',
  },
  session: {
    evidence: 'what packets, firewall, kernel and path say beside the load',
    read: 'sums and summaries as every reader makes them',
    store: 'keeps what is recorded',
    analysis: 'judges the look before a load',
    worker: 'starts shards',
    'evidence/peer': 'asks a peer on the far host what arrives there, or records it in a lab',
    doctor: 'records in run.json what the machine is like',
    'lab/far-end': 'the embedded far end',
    pac: 'which proxy a script names',
    plan: 'where connections come from',
    engine: 'credentials and tickets; which engine',
    net: 'clocks and sockets of the host',
    metrics: 'merges the frames of its shards',
    outcome: 'which outcomes are this machine’s own doing',
    scenario: 'what is run',
  },
  render: {
    'session/types': 'what is about to happen, and where a run stands',
    'doctor/types': 'checks and facts',
    'doctor/fix/types': 'what would be changed, and was',
    'read/(listing|choose-pruning)': 'lists of runs',
    'evidence/(pcap/types|match/sides)': 'what captures tell',
    'store/experiment-file': 'the order of an experiment',
    analysis: 'words what was found',
    metrics: 'figures',
    outcome: 'words for each outcome',
    scenario: 'units and words',
  },
  lab: {
    'net/self-signed': 'the certificate of an https:// target',
    scenario: 'units and suggestions; no code of the engines that it tests, or it would share their faults',
  },
  evidence: {
    store: 'keeps what a firewall said with the run',
    'analysis/(findings/latency-cluster|recorded-times)': 'waits at round numbers',
    net: 'packets and captures; sockets to ping with',
    metrics: 'what a second counts of this machine; attempts that are looked at; histograms',
    outcome: 'what counts as stalled; names what met a SYN',
    scenario: 'which commands ask the firewall, and which texts are secrets',
  },
  read: {
    store: 'reads the bytes of a folder',
    analysis: 'makes of them what they mean',
    metrics: 'adds histograms and counts up',
    outcome: 'names columns',
    scenario: 'what was run',
  },
  doctor: {
    'store/json-file': 'former values are written as results are: whole or not at all',
    'engine/auth': 'only Kerberos can tell whether a ticket is good',
    net: 'whether the kernel can be called',
    scenario: 'what a run would need',
  },
  store: {
    metrics: 'the shape of a second, and of its histograms',
    'engine/names': 'run.json contains an engine’s name',
    scenario: 'run.json contains a scenario, without its secrets',
  },
  analysis: {
    'client/types': 'what tells two clients apart',
    metrics: 'frames and histograms in, verdict out',
    outcome: 'whose doing an outcome was',
    'engine/names': 'the summary contains an engine’s name',
    scenario: 'what was asked for',
  },
  worker: {
    engine: 'starts attempts',
    plan: 'what is due, and from which port',
    metrics: 'counts what became of them',
    net: 'one clock for all of a shard',
    outcome: 'what became of an attempt',
    scenario: 'the arm that it plays; it runs the same in a thread and on another machine',
  },
  pac: {
    scenario: 'targets and proxies; it knows of no run',
  },
  metrics: {
    'engine/types': 'the record of an attempt',
    outcome: 'classifies what it counts',
  },
  engine: {
    net: 'the kernel',
    client: 'what its packets look like',
    outcome: 'the end of an attempt, in facts',
    scenario: 'words and addresses; an engine neither schedules nor counts',
  },
  net: {
    outcome: 'names what an ICMP error says',
    'scenario/types': 'the options of a socket',
  },
  plan: {
    scenario: 'scheduling is a pure function of a load, of time and of counts',
  },
  scenario: {
    client: 'an arm names a client, and what differs from it',
    outcome: 'criteria name outcomes; an expectation is one',
  },
  outcome: {},
  client: {},
};

/** Rooms, and folders of them, that touch no file, clock, network or thread, so that their tests need none. */
exports.PURE = ['plan', 'outcome', 'client', 'analysis', 'render', 'net/wire', 'evidence/handshakes'];
