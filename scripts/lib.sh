# Shared by the scripts of this folder; read with `source`, never run.

# fail MESSAGE [EXIT CODE]: says what is wrong and ends the script.
fail() {
  echo "$(basename "$0"): $1" >&2
  exit "${2:-1}"
}

# Makes KAFKA_HOME absolute, so that a relative one survives a change of folder; an empty one counts as not set.
resolve_kafka_home() {
  if [ -z "${KAFKA_HOME:-}" ]; then
    unset KAFKA_HOME
    return 0
  fi
  [ -x "$KAFKA_HOME/bin/kafka-server-start.sh" ] ||
    fail "KAFKA_HOME=$KAFKA_HOME is no Apache Kafka distribution (bin/kafka-server-start.sh is not there)" 78
  KAFKA_HOME=$(cd "$KAFKA_HOME" && pwd)
  export KAFKA_HOME
}

# Where the Python environment of the tests is kept: outside the project, shared by all clones.
python_environment() {
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/stockstream/python"
}

# The version of the Apache Kafka in KAFKA_HOME; nothing where it has none.
kafka_version() {
  find -L "$KAFKA_HOME/libs" -maxdepth 1 -name 'kafka-clients-[0-9]*.jar' | sed -n '1s/.*kafka-clients-\(.*\)\.jar$/\1/p'
}
