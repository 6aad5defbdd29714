# From $samples and the logs of `rt --debug run` to bench.json: medians in milliseconds, memory in KiB, phases in
# microseconds.
def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;

# What ends with an event; an event that is not named here goes by its own name.
{
    "command line read": "command line",
    "binary protected": "protecting the binary",
    "configuration read": "reading the configuration",
    "compiled": "compiling",
    "state and cgroup made": "state and cgroup",
    "forked": "fork (clone3 with namespaces)",
    "init ready": "steps",
    "executed": "hand-over and exec",
    "ended": "program and its end",
    "done": "teardown"
} as $phases |

# The log has a line "microseconds: main 0, command line read 210, ..." a run. The start-up, which is what a run takes
# beyond its events, comes from each run's own time: medians of the two can be from a quick and from a slow moment.
def phases($bundle):
    [capture("microseconds: (?<events>[^\"\n]*)"; "g").events
        | [splits(", *") | capture("^(?<event>.*) (?<at>[0-9]+)$") | .at |= tonumber]] as $runs |
    [$samples[] | select(.path == [$bundle, "debug", "rt"]).values[] * 1000] as $walls |
    if ($walls | length) != ($runs | length) then
        error("\($walls | length) timed runs, but \($runs | length) timelines")
    else . end |
    [range($runs | length) as $i | $walls[$i] - $runs[$i][-1].at] as $startups |
    if any($startups[]; . < 0) then error("a run took less than its events: they do not belong together") else . end |
    [{name: "runtime start-up", us: ($startups | median)}]
    + [range(1; $runs[0] | length) as $i
        | {name: $runs[0][$i].event, us: ([$runs[] | .[$i].at - .[$i - 1].at] | median)}
        | .name |= ($phases[.] // .)];

($samples | map(select(.path[0] == "parents")) | reduce .[] as $sample ({}; setpath($sample.path[1:]; $sample.values[0]))) as $parents |
($samples | map(select(.path[0] != "parents")) | group_by(.path)
    | reduce .[] as $group ({}; setpath($group[0].path; [$group[].values[]] | median))) as $all |
{
    machine: {kernel: $kernel, cpus: ($cpus | tonumber)},
    runs: ($runs | tonumber),
    versions: {rt: $rt, crun: $crun, runc: $runc},
    default: ($all.default + {phases: ($default | phases("default"))}),
    seccomp: ($all.seccomp + {phases: ($seccomp | phases("seccomp"))}),
    cgroups: $all.cgroups,
    parents: $parents,
}
