# shellcheck shell=bash
# linux.resources.devices, on the disks vdc and vdd, to which the containers make nodes.

vdc=$(cat /sys/block/vdc/dev) vdd=$(cat /sys/block/vdd/dev)
tries='mknod /dev/c b '${vdc/:/ }' && mknod /dev/d b '${vdd/:/ }' || exit
    for disk in c d; do
        r=- w=-
        dd if=/dev/$disk of=/dev/null count=1 2>/dev/null && r=r
        dd if=/dev/zero of=/dev/$disk count=1 conv=notrunc 2>/dev/null && w=w
        echo -n "$disk$r$w "
    done'
may() { # rules: what a program may do to both disks, as in "crw d--"
    inside "$tries" ".linux.resources.devices = $1
        | .process.capabilities |= with_entries(.value += [\"CAP_MKNOD\"])" 2>&1
}
number="major: ${vdc%:*}, minor" # of both, whose minors are ${vdc#*:} and ${vdd#*:}
equal "devices: none without rules" "c-- d-- " "$(may '[]')"
equal "devices: one" "crw d-- " "$(may "[{allow: true, type: \"b\", $number: ${vdc#*:}, access: \"rw\"}]")"
equal "devices: one, for reading" "cr- d-- " "$(may "[{allow: true, type: \"b\", $number: ${vdc#*:}, access: \"r\"}]")"
equal "devices: one, for writing" "c-w d-- " "$(may "[{allow: true, type: \"b\", $number: ${vdc#*:}, access: \"w\"}]")"
equal "devices: all of a major" "crw drw " "$(may "[{allow: true, type: \"b\", major: ${vdc%:*}, access: \"rw\"}]")"
equal "devices: not those of the other type" "c-- d-- " "$(may "[{allow: true, type: \"c\", major: ${vdc%:*}, access: \"rw\"}]")"
equal "devices: all of a major but one" "crw d-- " \
    "$(may "[{allow: true, type: \"b\", major: ${vdc%:*}, access: \"rw\"}, {allow: false, type: \"b\", $number: ${vdd#*:}, access: \"rw\"}]")"
equal "devices: the later rule wins" "crw drw " \
    "$(may "[{allow: false, type: \"b\", $number: ${vdd#*:}, access: \"rw\"}, {allow: true, type: \"b\", major: ${vdc%:*}, access: \"rw\"}]")"
equal "devices: everything" "crw drw " "$(may '[{allow: true, access: "rwm"}]')"
equal "devices: everyone may make nodes, whatever the rules say" "c-- d-- " "$(may '[{allow: false, access: "rwm"}]')"
equal "devices: the default ones are there all the same" 2 "$(inside 'head -c 1 /dev/zero >/dev/null && head -qc 1 /dev/zero /dev/urandom | wc -c' \
    '.linux.resources.devices = [{allow: false, access: "rwm"}]')"
