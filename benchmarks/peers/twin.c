// The twin: what the engine does with Kafka, without any logic. It consumes the same records, produces one record of the ledger's size for
// each and as many state and level records of the sizes that it is told, commits exactly once with two producers in turns, and computes
// nothing. What it reaches is the bound of the client library and the broker; the engine is quoted as a share of it.
//
//   twin -b BOOTSTRAP -i INPUT -l LEDGER [options]
//     -n RECORDS     most records of a transaction (20000)
//     -w MS          the longest that a transaction collects (100)
//     -o OFFSET,...  where to begin in each partition (the beginning of each of eight)
//     -c RECORDS     ends after so many records; without it after 2 s without any
//     -f FILE        the ledger records are the lines of this file, in turns: records that an engine wrote are as hard to compress as its are
//     -L BYTES       without it: size of a ledger record (400)
//     -S TOPIC:RATE:BYTES   RATE records of BYTES bytes on TOPIC for each consumed one (checkpoint); may be given up to four times
//     -R SOCKET:RATE:FIELDS:SKUS   RATE hashes of so many fields for each consumed record into the Redis at that Unix socket, pipelined
//     -e             the ledger record begins with the consumed value, so that a reader knows it again
//     -d MS          prints the latency from the record's time stamp to its commit, from MS milliseconds after the start on
// Prints one line: records, seconds, records a second, transactions, the median time of a commit. The settings are those of the engine.
#include <hiredis/hiredis.h>
#include <string.h>
#include <unistd.h>

#define PEER "twin"
#include "peer.h"

#define MAX_PARTITIONS 64
#define MAX_EXTRAS 4
#define MAX_SAMPLES 4000000

struct extra { char topic[128]; double rate, due; size_t bytes; rd_kafka_topic_t *handle[2]; };

// What is produced: lines of a file, or slices of a text.
static char payload[1 << 16], *text = payload;
static size_t text_bytes = sizeof payload, at;
static struct { char *start; size_t bytes; } *lines;
static size_t line_count, next_line;
static int64_t next_offset[MAX_PARTITIONS];
static int32_t latencies[MAX_SAMPLES];
static int latency_count;

static int64_t wall_milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void check(const char *what, rd_kafka_error_t *error) {
  if (error) die(what, rd_kafka_error_string(error));
}

static rd_kafka_t *make_producer(const char *bootstrap, int number) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char id[64];
  snprintf(id, sizeof id, "twin-%d-%d", (int)getpid(), number);
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "transactional.id", id);
  set(conf, "transaction.timeout.ms", "60000");
  set(conf, "socket.nagle.disable", "true");
  set(conf, "compression.codec", "lz4");
  set(conf, "linger.ms", "25");
  set(conf, "batch.size", "1000000");
  set(conf, "queue.buffering.max.messages", "2000000");
  set(conf, "queue.buffering.max.kbytes", "2000000");
  set(conf, "delivery.report.only.error", "true");
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
  rd_kafka_t *producer = make_client(RD_KAFKA_PRODUCER, conf);
  check("init_transactions", rd_kafka_init_transactions(producer, 60000));
  return producer;
}

static rd_kafka_t *make_consumer(const char *bootstrap, const char *input, const char *offsets) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char group[64];
  snprintf(group, sizeof group, "twin-%d", (int)getpid());
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "group.id", group);
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "isolation.level", "read_committed");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "socket.nagle.disable", "true");
  set(conf, "queued.max.messages.kbytes", "1000000");
  set(conf, "queued.min.messages", "1000000");
  set(conf, "fetch.wait.max.ms", "5");
  set(conf, "fetch.message.max.bytes", "8388608");
  rd_kafka_t *consumer = make_client(RD_KAFKA_CONSUMER, conf);
  // Assigned, not subscribed: it begins where it is told to, and no time goes by until a group has met.
  rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(8);
  for (int32_t partition = 0; partition < MAX_PARTITIONS && offsets && *offsets; partition++) {
    char *end;
    rd_kafka_topic_partition_list_add(partitions, input, partition)->offset = strtoll(offsets, &end, 10);
    offsets = *end == ',' ? end + 1 : end;
  }
  if (rd_kafka_assign(consumer, partitions)) die("assign", input);
  rd_kafka_topic_partition_list_destroy(partitions);
  return consumer;
}

static void read_lines(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file || fseek(file, 0, SEEK_END)) die("-f", path);
  text_bytes = (size_t)ftell(file);
  rewind(file);
  text = malloc(text_bytes + 1);
  if (!text || fread(text, 1, text_bytes, file) != text_bytes) die("-f", path);
  fclose(file);
  text[text_bytes] = '\n';
  for (size_t index = 0; index < text_bytes; index++) line_count += text[index] == '\n';
  if (!line_count || text[text_bytes - 1] != '\n') die("-f needs whole lines", path);
  lines = malloc(line_count * sizeof *lines);
  char *start = text;
  for (size_t index = 0; index < line_count; index++) {
    lines[index].start = start;
    start = strchr(start, '\n') + 1;
    lines[index].bytes = (size_t)(start - lines[index].start) - 1;
  }
}

// Another slice each time, since what was there just before costs the compressor nothing.
static const char *slice(size_t bytes) {
  if (bytes > text_bytes) die("a record is larger than the text", "");
  if (at + bytes > text_bytes) at = 0;
  const char *start = text + at;
  at += bytes;
  return start;
}

static void produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_bytes, const void *value, size_t bytes) {
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, (void *)value, bytes, key, key_bytes, NULL)) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(producer, 1);
  }
}

static void commit(rd_kafka_t *producer, rd_kafka_t *consumer, const char *input) {
  rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(MAX_PARTITIONS);
  for (int32_t partition = 0; partition < MAX_PARTITIONS; partition++)
    if (next_offset[partition] >= 0) rd_kafka_topic_partition_list_add(offsets, input, partition)->offset = next_offset[partition];
  rd_kafka_flush(producer, 60000);
  rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(consumer);
  check("send_offsets", rd_kafka_send_offsets_to_transaction(producer, offsets, metadata, 60000));
  rd_kafka_consumer_group_metadata_destroy(metadata);
  rd_kafka_topic_partition_list_destroy(offsets);
  check("commit", rd_kafka_commit_transaction(producer, 60000));
}

// The read model: hashes are collected while records come, sent after the commit, and their answers are read after the next one.
static struct { redisContext *context; char *pipe, tail[16384]; size_t pipe_bytes, pipe_size, tail_bytes; double rate, due; int fields; long skus, next, collected, unanswered; } view;

static void connect_redis(const char *option) {
  char path[108];
  if (sscanf(option, "%107[^:]:%lf:%d:%ld", path, &view.rate, &view.fields, &view.skus) != 4 || view.fields > 400) die("-R", "SOCKET:RATE:FIELDS:SKUS");
  view.context = redisConnectUnix(path);
  if (!view.context || view.context->err) die("Redis", view.context ? view.context->errstr : path);
  for (int field = 0; field < view.fields; field++)
    view.tail_bytes += (size_t)sprintf(view.tail + view.tail_bytes, "$12\r\nBER1:fld-%03d\r\n$3\r\n%03d\r\n", field, field);
  view.pipe = malloc(view.pipe_size = 1 << 20);
}

static void add_hashes(void) {
  for (view.due += view.rate; view.due >= 1; view.due -= 1) {
    if (view.pipe_bytes + view.tail_bytes + 128 > view.pipe_size) view.pipe = realloc(view.pipe, view.pipe_size *= 2);
    // Far from one after the other, as trade is.
    view.next = (view.next + 7919) % view.skus;
    view.pipe_bytes += (size_t)sprintf(view.pipe + view.pipe_bytes, "*%d\r\n$4\r\nHSET\r\n$13\r\ntwin:%08ld\r\n", 2 + 2 * view.fields, view.next);
    memcpy(view.pipe + view.pipe_bytes, view.tail, view.tail_bytes);
    view.pipe_bytes += view.tail_bytes;
    view.collected++;
  }
}

static void send_hashes(void) {
  for (; view.unanswered; view.unanswered--) {
    void *reply;
    if (redisGetReply(view.context, &reply) != REDIS_OK) die("Redis", view.context->errstr);
    freeReplyObject(reply);
  }
  int is_written = !view.collected;
  if (!is_written) redisAppendFormattedCommand(view.context, view.pipe, view.pipe_bytes);
  while (!is_written)
    if (redisBufferWrite(view.context, &is_written) != REDIS_OK) die("Redis", view.context->errstr);
  view.unanswered = view.collected;
  view.collected = 0;
  view.pipe_bytes = 0;
}

int main(int argc, char **argv) {
  const char *bootstrap = NULL, *input = NULL, *ledger = NULL, *begin = "0,0,0,0,0,0,0,0";
  long most = 20000, collect = 100, wanted = 0, latency_from = -1;
  size_t ledger_bytes = 400;
  struct extra extras[MAX_EXTRAS];
  int extra_count = 0, echoes = 0, option;
  while ((option = getopt(argc, argv, "b:i:l:n:w:o:c:f:L:S:d:eR:")) != -1) switch (option) {
      case 'b': bootstrap = optarg; break;
      case 'i': input = optarg; break;
      case 'l': ledger = optarg; break;
      case 'n': most = atol(optarg); break;
      case 'w': collect = atol(optarg); break;
      case 'o': begin = optarg; break;
      case 'c': wanted = atol(optarg); break;
      case 'f': read_lines(optarg); break;
      case 'L': ledger_bytes = (size_t)atol(optarg); break;
      case 'R': connect_redis(optarg); break;
      case 'e': echoes = 1; break;
      case 'd': latency_from = atol(optarg); break;
      case 'S':
        if (extra_count == MAX_EXTRAS || sscanf(optarg, "%127[^:]:%lf:%zu", extras[extra_count].topic, &extras[extra_count].rate, &extras[extra_count].bytes) != 3)
          die("-S", "TOPIC:RATE:BYTES, at most four");
        extras[extra_count++].due = 0;
        break;
      default: return 64;
    }
  if (!bootstrap || !input || !ledger || ledger_bytes > sizeof payload) return 64;
  // Neither all alike nor random: about as compressible as JSON.
  for (size_t index = 0; index < sizeof payload; index++) payload[index] = (char)(32 + (index * index / 7 + index) % 61);
  for (int partition = 0; partition < MAX_PARTITIONS; partition++) next_offset[partition] = -1;

  rd_kafka_t *producers[2];
  rd_kafka_topic_t *ledgers[2];
  for (int index = 0; index < 2; index++) {
    producers[index] = make_producer(bootstrap, index);
    ledgers[index] = rd_kafka_topic_new(producers[index], ledger, NULL);
    for (int e = 0; e < extra_count; e++) extras[e].handle[index] = rd_kafka_topic_new(producers[index], extras[e].topic, NULL);
  }
  rd_kafka_t *consumer = make_consumer(bootstrap, input, begin);

  long records = 0, transactions = 0, in_transaction = 0;
  int turn = 0, is_open = 0;
  int64_t first = 0, opened = 0, last = 0, committing = 0, *stamps = malloc(sizeof(int64_t) * (size_t)most);
  while (!wanted || records < wanted) {
    int64_t now = now_microseconds();
    long waited = is_open ? (long)((now - opened) / 1000) : 0;
    rd_kafka_message_t *record = in_transaction < most && waited < collect ? rd_kafka_consumer_poll(consumer, in_transaction > most / 4 ? 0 : 5) : NULL;
    if (record && record->err) {
      if (record->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) fprintf(stderr, "twin: %s\n", rd_kafka_message_errstr(record));
      rd_kafka_message_destroy(record);
      continue;
    }
    if (record) {
      if (!first) first = now;
      if (!is_open) {
        check("begin", rd_kafka_begin_transaction(producers[turn]));
        is_open = 1;
        opened = now;
      }
      if (echoes) memcpy(payload, record->payload, record->len < ledger_bytes ? record->len : ledger_bytes);
      if (lines) {
        produce(producers[turn], ledgers[turn], record->partition, record->key, record->key_len, lines[next_line].start, lines[next_line].bytes);
        next_line = (next_line + 1) % line_count;
      } else {
        produce(producers[turn], ledgers[turn], record->partition, NULL, 0, payload, ledger_bytes);
      }
      for (int e = 0; e < extra_count; e++)
        for (extras[e].due += extras[e].rate; extras[e].due >= 1; extras[e].due -= 1)
          // Compacted topics take no record without a key.
          produce(producers[turn], extras[e].handle[turn], record->partition, record->key_len ? record->key : "none",
                  record->key_len ? record->key_len : 4, slice(extras[e].bytes), extras[e].bytes);
      if (view.context) add_hashes();
      next_offset[record->partition] = record->offset + 1;
      rd_kafka_timestamp_type_t type;
      stamps[in_transaction++] = rd_kafka_message_timestamp(record, &type);
      records++;
      last = now;
      rd_kafka_message_destroy(record);
      if (in_transaction < most && (!wanted || records < wanted)) continue;
    }
    if (!is_open) {
      if (!wanted && first && now - last > 2000000) break;
      continue;
    }
    int64_t before = now_microseconds();
    commit(producers[turn], consumer, input);
    if (view.context) send_hashes();
    last = now_microseconds();
    committing += last - before;
    int64_t wall = wall_milliseconds();
    if (latency_from >= 0 && last - first > latency_from * 1000)
      for (long index = 0; index < in_transaction && latency_count < MAX_SAMPLES; index++) latencies[latency_count++] = (int32_t)(wall - stamps[index]);
    transactions++;
    in_transaction = is_open = 0;
    turn = 1 - turn;
  }
  if (view.context) send_hashes();
  double seconds = (double)(last - first) / 1e6;
  printf("records=%ld seconds=%.3f rate=%.0f transactions=%ld commit_ms=%.2f", records, seconds, (double)records / seconds, transactions, (double)committing / 1000.0 / (double)(transactions ? transactions : 1));
  if (latency_count) {
    qsort(latencies, (size_t)latency_count, sizeof *latencies, by_value);
    printf(" p50_ms=%d p99_ms=%d", latencies[latency_count / 2], latencies[(long)latency_count * 99 / 100]);
  }
  printf("\n");
  fflush(stdout);
  // The broker forgets the group and the ids by itself; leaving takes longer than it is worth.
  _exit(0);
}
