// What the C programs beside this file share.
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/// Says what went wrong, and ends.
static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s: %s\n", PEER, what, why);
  exit(1);
}

/// Of a clock that never jumps.
static int64_t now_microseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char message[512];
  if (rd_kafka_conf_set(conf, name, value, message, sizeof message) != RD_KAFKA_CONF_OK) die(name, message);
}

/// A client of that kind; `conf` is its own from then on.
static rd_kafka_t *make_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char message[512];
  rd_kafka_t *client = rd_kafka_new(type, conf, message, sizeof message);
  if (!client) die(type == RD_KAFKA_PRODUCER ? "producer" : "consumer", message);
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(client);
  return client;
}

/// For qsort of 32-bit numbers.
static int by_value(const void *a, const void *b) {
  const int32_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}
