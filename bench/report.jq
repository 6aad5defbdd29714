# bench.json as a report in Markdown.
def fixed($digits): if . < 0 then "-" + (-. | fixed($digits)) else pow(10; $digits) as $scale | (. * $scale | round | tostring) as $n
    | ("0" * ([$digits + 1 - ($n | length), 0] | max) // "") + $n
    | if $digits == 0 then . else .[:-$digits] + "." + .[-$digits:] end end;
def ratio($to): . / $to | fixed(2);
def row: "| " + join(" | ") + " |";

.default.run.floor as $floor |

def table($title; $bundle):
    $bundle.run as $run | $bundle.lifecycle as $lifecycle |
    "### \($title)", "",
    (["command", "median, ms", "x crun", "x floor", "peak memory, MiB"] | row), "| --- | ---: | ---: | ---: | ---: |",
    (["floor", "rt", "crun", "runc"][] | select($run[.]) as $name
        | [if . == "floor" then . else "`\(.) run`" end, ($run[.] | fixed(2), ratio($run.crun), ratio($floor)),
            ($bundle.memory[.] / 1024 | fixed(1))] | row),
    (["rt", "crun", "runc"][] | ["`\(.) create`, `start`, `delete`",
            ($lifecycle[.] | fixed(2), ratio($lifecycle.crun), ratio($floor)), ""] | row),
    (["rt", "crun", "runc"][] | ["`\(.) exec`", ($bundle.exec[.] | fixed(2), ratio($bundle.exec.crun), ratio($floor)), ""] | row),
    "";

def by_hand($name; $bundle): ([$name, ($bundle.by_hand["shim--no-shim"] | fixed(2)), ($bundle.by_hand.shim | fixed(2)),
    ($bundle.by_hand.shim - $bundle.by_hand["shim--no-shim"] | fixed(2))] | row);

def parents($all):
    "### The parent that stays with a container created by hand", "",
    (["`rt create`, `start`, `delete`", "`--no-shim`, ms", "with a shim, ms", "more, ms"] | row), "| --- | ---: | ---: | ---: |",
    by_hand("default bundle"; .default), by_hand("with a seccomp profile"; .seccomp),
    "",
    (["memory, KiB", "private, of one alone", "private, of the largest of 100", "private, of 100 together", "PSS, of 100 together"] | row),
    "| --- | ---: | ---: | ---: | ---: |",
    (["rt", "conmon"][] | [if . == "rt" then "rt's shim" else . end,
        ($all[.] | .["1"].private, .["100"].private, .["100"].private_all, .["100"].pss_all)] | row),
    "";

def cgroups($all):
    "### What cgroups cost `run`", "",
    (["cgroups", "rt, ms", "over none, ms", "crun, ms"] | row), "| --- | ---: | ---: | ---: |",
    ({none: "none", v2: "v2: directory, device filter", v1: "v1: directories, device rules",
            limits: "v1, with limits of memory, processors and processes"} | to_entries[] | .key as $key
        | [.value, ($all[$key].rt | fixed(2)), ($all[$key].rt - $all.none.rt | fixed(2)),
            if $all[$key].crun then $all[$key].crun | fixed(2) else "" end] | row),
    "";

def goal($title; $limit; $value):
    [$title, ($limit | fixed(2)), ($value | fixed(2)), if $value <= $limit then "reached" else "missed" end] | row;
def goals($name; $bundle):
    goal("\($name): run, x crun"; 0.75; $bundle.run.rt / $bundle.run.crun),
    goal("\($name): create, start, delete, x crun"; 0.7; $bundle.lifecycle.rt / $bundle.lifecycle.crun),
    goal("\($name): exec, x crun"; 0.7; $bundle.exec.rt / $bundle.exec.crun),
    goal("\($name): peak memory of run, x crun"; 2; $bundle.memory.rt / $bundle.memory.crun);

"## Benchmark", "",
"\(.versions | "\(.rt), \(.crun), \(.runc)"); kernel \(.machine.kernel), \(.machine.cpus) CPUs; \(.runs) runs.", "",
table("Default bundle: what `runc spec` writes, /bin/true"; .default),
table("The same with the default seccomp profile (the floor has none)"; .seccomp),
cgroups(.cgroups),
parents(.parents),
"### Goals", "",
(["goal", "at most", "measured", ""] | row), "| --- | ---: | ---: | --- |",
goals("default"; .default),
goal("default: run, x floor"; 1.8; .default.run.rt / $floor),
goals("seccomp"; .seccomp),
goal("default: a shim's part of create, start, delete, ms"; 0.4; .default.by_hand.shim - .default.by_hand["shim--no-shim"]),
goal("a shim's private memory, MiB"; 1; .parents.rt["1"].private / 1024),
goal("cgroups with limits over none, ms"; 0.5; .cgroups.limits.rt - .cgroups.none.rt),
"",
"### Where the time of `rt run` goes", "",
(["phase", "default, us", "seccomp, us"] | row), "| --- | ---: | ---: |",
(.seccomp.phases as $seccomp | .default.phases | to_entries[]
    | [.value.name, (.value.us | fixed(0)), ($seccomp[.key].us | fixed(0))] | row)
