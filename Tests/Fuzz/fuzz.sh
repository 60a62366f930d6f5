#!/usr/bin/env bash
# Fuzzes the decoders: docs/fuzzing.md. Compiles the rooms by themselves, with the sanitizers, beside the package's own
# build.
#
#   fuzz.sh build [TARGET...]  all targets, or these
#   fuzz.sh canary             whether the harness sees what it must see
#   fuzz.sh run TARGET [SECONDS]
#   fuzz.sh try TARGET FILE... inputs by themselves
#   fuzz.sh shrink TARGET FILE the smallest input that fails alike
#   fuzz.sh keep TARGET        what the runs found, minimised, into conformance/fuzz
#   fuzz.sh smoke              canary, kept inputs and known findings, and some seconds of each target
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# A crash is the fuzzer's to tell; Swift's own report of it would wait for a debugger that is not there.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_odr_violation=0:allocator_may_return_null=0}

TARGETS="xml messages envelopes profiles"
SWIFTC=${SWIFTC:-swiftc}
OUT=.build/fuzz
KEPT=conformance/fuzz
KNOWN=conformance/field-bugs/fuzz
KEPT_FILES=200
KEPT_BYTES=300000
LIMITS=(-rss_limit_mb=1024 -timeout=10 -max_len=65536)
FLAGS=(-O -wmo -parse-as-library -swift-version 6 -warnings-as-errors -sanitize=fuzzer,address
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature NonisolatedNonsendingByDefault
  -Xcc -fmodule-map-file=Sources/CLibXML2/module.modulemap -I "$OUT/modules")
read -ra xml_flags <<<"$(pkg-config --cflags libxml-2.0)"
for flag in "${xml_flags[@]}"; do FLAGS+=(-Xcc "$flag"); done

room_of() { # the file in Targets
  case $1 in xml) echo XML ;; *) echo "${1^}" ;; esac
}

needs() { # rooms below a room
  case $1 in
  Mapping) echo Payments FormatJSON FormatXML ;;
  SchemeISO20022) echo Payments FormatXML Mapping ;;
  esac
}

ROOMS="Payments FormatJSON FormatXML Mapping SchemeISO20022"

# Whether a file is there and newer than all the others.
is_fresh() { # is_fresh FILE PATH...
  local file=$1
  shift
  [ -e "$file" ] && [ -z "$(find "$@" -newer "$file" \( -type f -o -type d \) -print -quit)" ]
}

compile_room() {
  local room=$1 object=$OUT/modules/$1.o below=()
  for name in $(needs "$room"); do below+=("$OUT/modules/$name.o"); done
  if is_fresh "$object" "Sources/$room" ${below[@]+"${below[@]}"}; then return; fi
  echo "compiling $room"
  local files=()
  while IFS= read -r file; do files+=("$file"); done < <(find "Sources/$room" -name '*.swift' | sort)
  "$SWIFTC" "${FLAGS[@]}" -module-name "$room" -emit-module -emit-module-path "$OUT/modules/$room.swiftmodule" \
    -c -o "$object.new" "${files[@]}"
  mv "$object.new" "$object"
}

compile_target() {
  local target=$1 program=$OUT/$1 objects=() files=(Tests/Fuzz/Common/*.swift "Tests/Fuzz/Targets/$(room_of "$1").swift")
  if [ "$target" = messages ]; then files+=(Tests/MappingTests/RandomPayment.swift); fi
  for room in $ROOMS; do objects+=("$OUT/modules/$room.o"); done
  if is_fresh "$program" "${objects[@]}" "${files[@]}"; then return; fi
  echo "compiling the target $target"
  "$SWIFTC" "${FLAGS[@]}" -module-name "Fuzz_$target" -o "$program" "${files[@]}" "${objects[@]}" -lxml2
}

build() { # build TARGET...
  mkdir -p "$OUT/modules"
  local room targets=("$@")
  together compile_room Payments FormatJSON FormatXML
  for room in Mapping SchemeISO20022; do compile_room "$room"; done
  for ((i = 0; i < ${#targets[@]}; i += 2)); do together compile_target "${targets[@]:i:2}"; done
}

together() { # together COMMAND WORD...: all at once
  local command=$1 word jobs=() job
  shift
  for word; do
    "$command" "$word" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}

# Tokens of XML, and every name and code of the schemas.
dictionary() {
  local file=$OUT/dictionary
  if is_fresh "$file" xsd; then return; fi
  {
    printf '"%s"\n' '<' '>' '/>' '</' '<?xml version=\"1.0\"' ' encoding=\"UTF-8\"' ' encoding=\"UTF-16\"' \
      ' encoding=\"ISO-8859-1\"' '?>' '<!--' '-->' '<![CDATA[' ']]>' '<!DOCTYPE' '<!ENTITY' '&amp;' '&lt;' '&#13;' \
      '&#x0;' '&#xD800;' ' xmlns=\"' ' xmlns:a=\"' 'a:' ' xml:lang=\"' ' xml:space=\"preserve\"' ' xsi:nil=\"true\"' \
      ' Ccy=\"EUR\"' 'urn:iso:std:iso:20022:tech:xsd:' 'urn:swift:xsd:' '\xEF\xBB\xBF' '\xFF\xFE' '\xFE\xFF' \
      '<\x00' '\x00<' '\x0D\x0A' '\x00' '{\"' '\":' '[' '],' 'null' 'true' '\\u0000' '\\ud83d\\ude00' '1e400' '-0'
    grep -rhoE '(name|value)="[^"&\\]{1,40}"' xsd | sed -E 's/^[a-z]+="(.*)"$/\1/' | sort -u |
      grep -E '^[A-Za-z0-9.+-]+$' | sed 's/.*/"&"/'
    grep -rhoE 'targetNamespace="[^"]*"' xsd | sed -E 's/^[A-Za-z]+=(.*)$/\1/' | sort -u
  } >"$file"
}

# The folders of a target's inputs: what runs found, the seeds, what is kept.
corpus() {
  local target=$1 folder=$OUT/corpus/$1 seeds=$OUT/seeds/$1
  mkdir -p "$folder" "$OUT/findings/$target"
  if ! is_fresh "$seeds/.done" "$OUT/$target" mappings xsd conformance/vectors; then
    rm -rf "$seeds"
    mkdir -p "$seeds"
    FUZZ_SEEDS=$seeds "$OUT/$target"
    touch "$seeds/.done"
  fi
  folders=("$folder" "$seeds")
  for folder in "$KEPT/$target" "$KNOWN/$target"; do
    if [ -d "$folder" ]; then folders+=("$folder"); fi
  done
}

run() {
  local target=$1 seconds=${2:-120} folders=()
  dictionary
  corpus "$target"
  echo "fuzzing $target for $seconds seconds"
  "$OUT/$target" "${LIMITS[@]}" -dict="$OUT/dictionary" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$OUT/findings/$target/" "${folders[@]}"
}

# The known inputs of the canary: each must be seen as what it is, and the harmless one must pass.
canary() {
  local seeds=$OUT/seeds/canary log=$OUT/canary.log expected name
  mkdir -p "$seeds" "$OUT/findings/canary"
  FUZZ_SEEDS=$seeds "$OUT/canary"
  "$OUT/canary" -artifact_prefix="$OUT/findings/canary/" "$seeds/none" >"$log" 2>&1 ||
    { echo "the canary dies of a harmless input: $log" >&2 && return 1; }
  for name in trap memory hang; do
    case $name in
    trap) expected='deadly signal' ;;
    memory) expected='heap-buffer-overflow' ;;
    hang) expected='timeout after' ;;
    esac
    if "$OUT/canary" -timeout=2 -artifact_prefix="$OUT/findings/canary/" "$seeds/$name" >"$log" 2>&1; then
      echo "the canary survives $name: crashes are not seen" >&2
      return 1
    fi
    grep -q "$expected" "$log" || { echo "the canary does not die of $name: $log" >&2 && return 1; }
  done
  rm -rf "$OUT/findings/canary"
  echo "the canary died three times, as it must"
}

# Of all inputs, few and small ones that cover the most: by the features that libFuzzer lists of each, the one with the
# most new ones for its size first.
keep() {
  local target=$1 folder=$OUT/kept/$1 list=$OUT/kept/$1.features file folders=()
  corpus "$target"
  rm -rf "$folder" "$list"
  mkdir -p "$folder" "$KEPT/$target"
  "$OUT/$target" "${LIMITS[@]}" -max_len=8192 -set_cover_merge=1 -merge_control_file="$list" "$folder" \
    "${folders[@]}" >"$OUT/keep-$target.log" 2>&1
  find "$KEPT/$target" -type f -delete
  while IFS= read -r file; do
    cp "$file" "$KEPT/$target/$(sha1sum <"$file" | cut -c1-40)"
  done < <(awk -v files="$KEPT_FILES" -v bytes="$KEPT_BYTES" "$GREEDY" "$list")
  echo "kept $(find "$KEPT/$target" -type f | wc -l) inputs of $target, $(cat "$KEPT/$target"/* | wc -c) bytes"
}

# Reads a control file of a merge; prints the chosen files. What an input adds only grows less: it is counted anew when it
# is about to be chosen.
GREEDY='
NR == 1 { total = $1; next }
NR == 2 { next }
NR <= total + 2 { name[NR - 3] = $0; next }
$1 == "STARTED" { size[$2] = $3 + 1 }
$1 == "FT" { features[$2] = $0; score[$2] = (NF - 2) / (size[$2] + 200) }
END {
  while (chosen < files) {
    best = -1
    for (i in score) if (best < 0 || score[i] > score[best]) best = i
    if (best < 0 || score[best] == 0) exit
    count = split(features[best], words, " ")
    gain = 0
    for (i = 3; i <= count; i++) if (!(words[i] in covered)) gain++
    if (gain / (size[best] + 200) < score[best]) { score[best] = gain / (size[best] + 200); continue }
    delete score[best]
    if (used + size[best] > bytes) continue
    for (i = 3; i <= count; i++) covered[words[i]] = 1
    used += size[best]
    chosen++
    print name[best]
  }
}'

try() {
  local target=$1
  shift
  "$OUT/$target" "${LIMITS[@]}" -artifact_prefix="$OUT/findings/" "$@"
}

smoke() {
  local target folder
  canary
  for target in $TARGETS; do
    for folder in "$KEPT/$target" "$KNOWN/$target"; do
      if [ -n "$(find "$folder" -type f -print -quit 2>/dev/null)" ]; then
        try "$target" "$folder"/* >"$OUT/smoke.log" 2>&1 || { tail -n 40 "$OUT/smoke.log" >&2 && return 1; }
      fi
    done
    run "$target" "${SMOKE_SECONDS:-10}" >"$OUT/smoke.log" 2>&1 || { tail -n 40 "$OUT/smoke.log" >&2 && return 1; }
    grep -E '^stat::number_of_executed_units' "$OUT/smoke.log" | sed "s/.*: */$target: /; s/\$/ executions/"
  done
}

known() { # known TARGET
  case " $TARGETS canary " in *" $1 "*) ;; *) echo "there is no target $1: one of $TARGETS" >&2 && exit 2 ;; esac
}

case ${1:-} in
build)
  shift
  # Word by word: the names of all.
  build ${@:-canary $TARGETS}
  ;;
canary) build canary && canary ;;
run) known "$2" && build canary "$2" && canary && run "$2" "${3:-120}" ;;
try) known "$2" && target=$2 && shift 2 && try "$target" "$@" ;;
shrink) known "$2" && "$OUT/$2" "${LIMITS[@]}" -minimize_crash=1 -max_total_time=60 -exact_artifact_path="$3.small" "$3" ;;
keep) known "$2" && keep "$2" ;;
smoke) build canary $TARGETS && smoke ;;
*)
  sed -n 's/^#   //p' "${BASH_SOURCE[0]}"
  exit 2
  ;;
esac
