#!/bin/sh
# Prints each comment once, with its value. Needs kcat; KAFKA says where Kafka is. -e ends with what there is.
kcat -b "${KAFKA:-localhost:9092}" -C -q -t parley.comments.enriched.v1 -o beginning \
  -f '%h\t%s\n' "$@" |
awk -F '\t' '
  $1 ~ /(^|,)ce_type=parley\.comment\.enriched\.v1(,|$)/ {
    match($1, /ce_source=[^,]*/); source = substr($1, RSTART + 10, RLENGTH - 10)
    match($1, /ce_id=[^,]*/); id = substr($1, RSTART + 6, RLENGTH - 6)
    if (!seen[source, id]++) { print id, $2; fflush() }
  }'
