// Measures how long an event takes, in open loop: from the moment at which it was due to be sent until a read_committed reader of the
// output has it, and until it is visible in Redis. What is late because something before it was late counts as late (no coordinated
// omission): the due times are fixed before the first event.
//
//   latency -b BOOTSTRAP -i EVENTS -o OUTPUT -r RATE -s SECONDS -w SECONDS [-k SKUS] [-u REDIS_SOCKET] -n RUN
//     -w   seconds at the beginning that do not count
//     -k   event i is of SKU i % SKUS (10000); their names begin with RUN, and nobody has met them before
//     -n   the run's name, at most 20 letters and digits
// The output has to hold the event's id somewhere in its value. Visible in Redis: an entry of stock:v1:changes:N has the SKU's version that
// the event made; every event raises it by one. Prints a line each: reader|redis count=N p50_ms=X p99_ms=X max_ms=X, and missing=N.
#define _GNU_SOURCE
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define PEER "latency"
#include "peer.h"

#define PARTITIONS 8

struct series { const char *name; int32_t *microseconds; atomic_long count; pthread_t thread; int is_on; };

static const char *bootstrap, *events, *output, *socket_path, *run;
static long rate = 1000, seconds = 10, warm_up = 1, skus = 10000, total, *seen;
static int64_t *due;
static atomic_int readers_ready, is_over;
static struct series by_reader = {.name = "reader", .is_on = 1}, by_redis = {.name = "redis"};

static void note(struct series *series, long index, int64_t at) {
  if (index >= 0 && index < total) series->microseconds[index] = (int32_t)(at - due[index]), atomic_fetch_add(&series->count, 1);
}

static int is_done(struct series *series) { return atomic_load(&is_over) || atomic_load(&series->count) >= total; }

static void *read_output(void *unused) {
  char mark[40];
  int mark_length = snprintf(mark, sizeof mark, "\"%s-", run);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "group.id", "latency-reader");
  set(conf, "enable.auto.commit", "false");
  set(conf, "isolation.level", "read_committed");
  set(conf, "socket.nagle.disable", "true");
  set(conf, "fetch.wait.max.ms", "5");
  rd_kafka_t *consumer = make_client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(PARTITIONS);
  for (int partition = 0; partition < PARTITIONS; partition++) {
    // The end as it is now, not as it is at the first fetch.
    int64_t low, high;
    if (rd_kafka_query_watermark_offsets(consumer, output, partition, &low, &high, 10000)) die("end of", output);
    rd_kafka_topic_partition_list_add(partitions, output, partition)->offset = high;
  }
  if (rd_kafka_assign(consumer, partitions)) die("assign", output);
  atomic_fetch_add(&readers_ready, 1);
  while (!is_done(&by_reader)) {
    rd_kafka_message_t *record = rd_kafka_consumer_poll(consumer, 50);
    if (!record) continue;
    int64_t at = now_microseconds();
    if (!record->err && record->payload) {
      const char *found = memmem(record->payload, record->len, mark, (size_t)mark_length);
      if (found) note(&by_reader, atol(found + mark_length), at);
    }
    rd_kafka_message_destroy(record);
  }
  return unused;
}

// An entry of a change stream: all events of the SKU up to that version are visible.
static void note_entry(redisReply *fields, int64_t at) {
  const char *sku = NULL, *version = NULL;
  for (size_t index = 0; index + 1 < fields->elements; index += 2) {
    if (!strcmp(fields->element[index]->str, "sku")) sku = fields->element[index + 1]->str;
    if (!strcmp(fields->element[index]->str, "version")) version = fields->element[index + 1]->str;
  }
  size_t length = strlen(run);
  if (!sku || !version || strncmp(sku, run, length) || sku[length] != ':') return;
  long number = atol(sku + length + 1);
  if (number < 0 || number >= skus) return;
  for (long newest = atol(version); seen[number] < newest; seen[number]++) note(&by_redis, number + seen[number] * skus, at);
}

static void *read_redis(void *unused) {
  redisContext *redis = redisConnectUnix(socket_path);
  if (!redis || redis->err) die("redis", redis ? redis->errstr : "no memory");
  char keys[PARTITIONS][32], ids[PARTITIONS][64];
  for (int partition = 0; partition < PARTITIONS; partition++) {
    snprintf(keys[partition], sizeof keys[partition], "stock:v1:changes:%d", partition);
    redisReply *last = redisCommand(redis, "XREVRANGE %s + - COUNT 1", keys[partition]);
    snprintf(ids[partition], sizeof ids[partition], "%s", last && last->elements ? last->element[0]->element[0]->str : "0-0");
    if (last) freeReplyObject(last);
  }
  atomic_fetch_add(&readers_ready, 1);
  while (!is_done(&by_redis)) {
    const char *words[7 + 2 * PARTITIONS] = {"XREAD", "COUNT", "10000", "BLOCK", "50", "STREAMS"};
    for (int partition = 0; partition < PARTITIONS; partition++) words[6 + partition] = keys[partition], words[6 + PARTITIONS + partition] = ids[partition];
    redisReply *reply = redisCommandArgv(redis, 6 + 2 * PARTITIONS, words, NULL);
    if (!reply) die("redis", redis->errstr);
    int64_t at = now_microseconds();
    for (size_t stream = 0; reply->type == REDIS_REPLY_ARRAY && stream < reply->elements; stream++) {
      redisReply *entries = reply->element[stream]->element[1];
      for (size_t index = 0; index < entries->elements; index++) note_entry(entries->element[index]->element[1], at);
      int partition = atoi(strrchr(reply->element[stream]->element[0]->str, ':') + 1);
      if (entries->elements) snprintf(ids[partition], sizeof ids[partition], "%s", entries->element[entries->elements - 1]->element[0]->str);
    }
    freeReplyObject(reply);
  }
  return unused;
}

static void send_all(void) {
  char key[64], value[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "enable.idempotence", "true");
  set(conf, "socket.nagle.disable", "true");
  set(conf, "linger.ms", "1");
  set(conf, "compression.codec", "lz4");
  set(conf, "delivery.report.only.error", "true");
  set(conf, "partitioner", "murmur2_random");
  rd_kafka_t *producer = make_client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, events, NULL);
  const struct rd_kafka_metadata *metadata;
  // Known before the clock runs.
  if (rd_kafka_metadata(producer, 0, topic, &metadata, 10000)) die("topic", events);
  rd_kafka_metadata_destroy(metadata);
  int64_t began = now_microseconds() + 200000;
  for (long index = 0; index < total; index++) due[index] = began + index * 1000000 / rate;
  for (long index = 0; index < total; index++) {
    while (now_microseconds() < due[index]) {
      struct timespec nap = {.tv_nsec = 200000};
      nanosleep(&nap, NULL);
    }
    int key_length = snprintf(key, sizeof key, "%s:%ld", run, index % skus);
    int length = snprintf(value, sizeof value,
      "{\"id\":\"%s-%ld\",\"source\":\"bench\",\"type\":\"adjust\",\"sku\":\"%s\",\"location\":\"BER1\",\"quantity\":1,\"reason\":\"found\"}", run, index, key);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, (size_t)length, key, (size_t)key_length, NULL)) rd_kafka_poll(producer, 1);
    if (index % 64 == 0) rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, 30000);
}

static void report(struct series *series) {
  long first = warm_up * rate, count = 0;
  int32_t *values = series->microseconds + first;
  for (long index = 0; index < total - first; index++)
    if (values[index] >= 0) values[count++] = values[index];
  if (!count) die(series->name, "saw nothing");
  qsort(values, (size_t)count, sizeof *values, by_value);
  printf("%s count=%ld p50_ms=%.2f p99_ms=%.2f max_ms=%.2f missing=%ld\n", series->name, count, values[count / 2] / 1000.0,
    values[count * 99 / 100] / 1000.0, values[count - 1] / 1000.0, total - first - count);
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "b:i:o:r:s:w:k:u:n:")) != -1) switch (option) {
      case 'b': bootstrap = optarg; break;
      case 'i': events = optarg; break;
      case 'o': output = optarg; break;
      case 'r': rate = atol(optarg); break;
      case 's': seconds = atol(optarg); break;
      case 'w': warm_up = atol(optarg); break;
      case 'k': skus = atol(optarg); break;
      case 'u': socket_path = optarg; break;
      case 'n': run = optarg; break;
      default: return 64;
    }
  if (!bootstrap || !events || !output || !run || strlen(run) > 20 || rate < 1 || skus < 1 || warm_up < 0 || seconds <= warm_up) return 64;
  total = rate * seconds;
  due = calloc((size_t)total, sizeof *due);
  seen = calloc((size_t)skus, sizeof *seen);
  by_redis.is_on = socket_path != NULL;
  struct series *all[] = {&by_reader, &by_redis};
  int wanted = 0;
  for (int index = 0; index < 2; index++) {
    all[index]->microseconds = malloc((size_t)total * sizeof(int32_t));
    memset(all[index]->microseconds, 0xff, (size_t)total * sizeof(int32_t));
    if (!all[index]->is_on) continue;
    wanted++;
    if (pthread_create(&all[index]->thread, NULL, index ? read_redis : read_output, NULL)) die("thread", "not made");
  }
  while (atomic_load(&readers_ready) < wanted) usleep(1000);
  send_all();
  // What is not there by then is missing.
  for (int64_t until = now_microseconds() + 20000000; now_microseconds() < until && !(is_done(&by_reader) && (!by_redis.is_on || is_done(&by_redis)));) usleep(10000);
  atomic_store(&is_over, 1);
  for (int index = 0; index < 2; index++)
    if (all[index]->is_on) pthread_join(all[index]->thread, NULL), report(all[index]);
  fflush(stdout);
  _exit(0);
}
