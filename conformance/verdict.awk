# Reads the TAP of one program; code, name and exit_only (programs that print nothing and judge by their exit status) are
# variables. Prints: verdict, results that are ok, not ok, skipped.
/^TAP version / { streams++ }
/^1\.\.[0-9]+/ { plans++; planned += substr($1, 4) }
/^ok / { if (/# SKIP/) skipped++; else passed++ }
/^not ok / { if (/# TODO/) skipped++; else failed++ }
/^  ---/ { details++ }
END {
    results = passed + failed + skipped
    if (code == 124 || code == 137) verdict = "timeout"
    else if (code != 0) verdict = "exit " code
    else if (failed) verdict = "not ok"
    # What ran inside the container may have ended early, which its program does not see.
    else if (streams != plans || results != planned) verdict = "cut short"
    else if (!streams && index(" " exit_only " ", " " name " ") == 0) verdict = "no result"
    # Some programs print no results, but details of an error if there was one.
    else if (!results && details) verdict = "error"
    else verdict = "ok"
    printf "%s\t%d\t%d\t%d\n", verdict, passed, failed, skipped
}
