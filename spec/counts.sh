#!/usr/bin/env bash
# Prints how many clauses the matrix has, of which level and status, and how many tests prove them.
set -euo pipefail
cd "$(dirname "$0")"

awk -F ' *[|] *' '
    BEGIN {
        columns = split("clauses,MUST,MUST NOT,REQUIRED,SHOULD,SHOULD NOT,must/should,met,differs,n/a,unproven,tests", column, ",")
        printf "%-15s", "document"
        for (i = 1; i <= columns; i++) printf " %*s", width(i), column[i]
        print ""
    }
    FNR == 1 {
        document = FILENAME
        sub(/\.md$/, "", document)
        documents[++files] = document
    }
    /^[|]/ && $2 != "id" && $2 != "---" {
        add("clauses")
        add($4 == "must" || $4 == "should" ? "must/should" : $4)
        add($6 == "met" ? "met" : $6 ~ /^differs: / ? "differs" : "n/a")
        if ($6 !~ /^not applicable: / && $7 == "") add("unproven")
        names = split($7, name, ", ")
        for (i = 1; i <= names; i++) {
            if (!of_document[document, name[i]]++) count[document, "tests"]++
            if (!of_all[name[i]]++) count["all", "tests"]++
        }
    }
    END {
        documents[++files] = "all"
        for (f = 1; f <= files; f++) {
            printf "%-15s", documents[f]
            for (i = 1; i <= columns; i++) printf " %*d", width(i), count[documents[f], column[i]]
            print ""
        }
    }
    function add(what) {
        count[document, what]++
        count["all", what]++
    }
    function width(i) {
        return length(column[i]) < 5 ? 5 : length(column[i])
    }
' bundle.md config.md config-linux.md runtime.md runtime-linux.md features.md features-linux.md
