# shellcheck shell=bash
# To be sourced behind lib.sh: images for containerd, made from folders.

import_image() { # namespace name folder command...: by way of a Docker archive
    local layer=$work/image/layer.tar
    mkdir "$work/image"
    tar -C "$3" -cf "$layer" .
    jq --null-input --arg digest "$(sha256sum <"$layer" | cut -c -64)" '
        {architecture: "amd64", os: "linux", config: {Cmd: $ARGS.positional},
            rootfs: {type: "layers", diff_ids: ["sha256:" + $digest]}}' --args -- "${@:4}" >"$work/image/config.json"
    jq --null-input --arg name "$2" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$work/image/manifest.json"
    tar -C "$work/image" -c . | ctr --namespace "$1" images import - >/dev/null
    rm -r "$work/image"
}
