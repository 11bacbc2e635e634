/* Holds many paced event streams open at once and checks that every event arrived, in order and to the end.
 *
 *   streams --port N [--streams 64] [--events 200] [--interval-us 5000] [--model bench] [--key KEY]
 *
 * The streams start evenly spread over one interval, as those of independent users do; if all started together a proxy
 * would be woken once for many events and look cheaper than it is. Prints one line of JSON: what came, and how long
 * the events were under way (receipt minus the "sent_ns" that the engine wrote into them). Exit 1: something is missing.
 */
#include "common.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { LINE_LIMIT = 4096, BATCH = 256, PATIENCE_SECONDS = 30 };

/* Where the parser stands in an HTTP answer with a chunked body. */
enum place { IN_HEAD, IN_SIZE, IN_DATA, AFTER_DATA, IN_TRAILER, AT_END };

struct stream {
  int fd;
  enum place place;
  char line[LINE_LIMIT]; /* of the head, of a chunk size, of a trailer */
  size_t line_length;
  char event[LINE_LIMIT]; /* a line of the event stream; chunks need not end where lines end */
  size_t event_length;
  bool status_seen, chunked, done_seen;
  size_t chunk_left;
  long events;
};

static long port, stream_count = 64, event_count = 200, interval_us = 5000;
static const char *model = "bench", *key = "";
static struct stream *streams;
static long started, ended;
static uint64_t bytes;
static uint32_t *delays_us;
static size_t delay_count;
static char request[1024];
static size_t request_length;

static void fail(const struct stream *stream, const char *format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "stream %ld, after %ld events: ", (long)(stream - streams), stream->events);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  exit(1);
}

/* ---- events ---- */

static void take_event_line(struct stream *stream, uint64_t now) {
  const char *line = stream->event;
  if (strncmp(line, "data: ", 6) != 0) return;
  if (strcmp(line, "data: [DONE]") == 0) {
    stream->done_seen = true;
    return;
  }
  const char *number = strstr(line, "\"n\":");
  const char *sent = strstr(line, "\"sent_ns\":\"");
  if (number == NULL || sent == NULL) fail(stream, "not an event of the engine: %s", line);
  if (strtol(number + 4, NULL, 10) != stream->events) fail(stream, "an event is missing: %s", line);
  if (stream->events == event_count) fail(stream, "more events than asked for");
  stream->events++;
  uint64_t delay = now - strtoull(sent + 11, NULL, 10);
  delays_us[delay_count++] = (uint32_t)(delay / 1000u);
}

static void take_data(struct stream *stream, const char *data, size_t length, uint64_t now) {
  for (size_t i = 0; i < length; i++) {
    if (data[i] == '\n') {
      stream->event[stream->event_length] = '\0';
      take_event_line(stream, now);
      stream->event_length = 0;
    } else if (stream->event_length + 1 < sizeof stream->event) {
      stream->event[stream->event_length++] = data[i];
    } else {
      fail(stream, "a line is too long");
    }
  }
}

/* ---- HTTP ---- */

static void take_head_line(struct stream *stream) {
  const char *line = stream->line;
  if (!stream->status_seen) {
    if (strncmp(line, "HTTP/1.1 200", 12) != 0) fail(stream, "refused: %s", line);
    stream->status_seen = true;
  } else if (strncasecmp(line, "transfer-encoding:", 18) == 0) {
    stream->chunked = strcasestr(line, "chunked") != NULL;
  } else if (*line == '\0') {
    if (!stream->chunked) fail(stream, "the answer is not chunked");
    stream->place = IN_SIZE;
  }
}

static void take_line(struct stream *stream) {
  stream->line[stream->line_length] = '\0';
  if (stream->place == IN_HEAD) {
    take_head_line(stream);
  } else if (stream->place == IN_SIZE) {
    stream->chunk_left = strtoul(stream->line, NULL, 16);
    stream->place = stream->chunk_left > 0 ? IN_DATA : IN_TRAILER;
  } else if (stream->place == AFTER_DATA) {
    stream->place = IN_SIZE;
  } else if (stream->place == IN_TRAILER && stream->line_length == 0) {
    stream->place = AT_END;
  }
  stream->line_length = 0;
}

static void take_line_byte(struct stream *stream, char byte) {
  if (byte == '\n')
    take_line(stream);
  else if (stream->line_length + 1 >= sizeof stream->line)
    fail(stream, "a line is too long");
  else if (byte != '\r')
    stream->line[stream->line_length++] = byte;
}

static void take_bytes(struct stream *stream, const char *data, size_t length, uint64_t now) {
  while (length > 0 && stream->place != AT_END) {
    size_t used = 1;
    if (stream->place == IN_DATA) {
      used = length < stream->chunk_left ? length : stream->chunk_left;
      take_data(stream, data, used, now);
      stream->chunk_left -= used;
      if (stream->chunk_left == 0) stream->place = AFTER_DATA;
    } else {
      take_line_byte(stream, *data);
    }
    data += used;
    length -= used;
  }
}

static void end_stream(struct stream *stream) {
  if (stream->events != event_count) fail(stream, "ended too early");
  if (!stream->done_seen) fail(stream, "ended without [DONE]");
  close(stream->fd);
  ended++;
}

static void read_stream(struct stream *stream) {
  char data[65536];
  ssize_t got = recv(stream->fd, data, sizeof data, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) fail(stream, "the connection broke");
  bytes += (uint64_t)got;
  take_bytes(stream, data, (size_t)got, now_ns());
  if (stream->place == AT_END) end_stream(stream);
}

/* ---- starting ---- */

static void connect_stream(int epoll, struct stream *stream) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(stream->fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(epoll, EPOLL_CTL_ADD, stream->fd, EPOLLIN, stream);
}

static void prepare_request(void) {
  char body[512];
  int length = snprintf(body, sizeof body,
                        "{\"model\":\"%s\",\"stream\":true,\"bench_events\":%ld,\"bench_interval_us\":%ld,"
                        "\"messages\":[{\"role\":\"user\",\"content\":\"Count for me.\"}]}",
                        model, event_count, interval_us);
  char credentials[256] = "";
  if (*key != '\0') snprintf(credentials, sizeof credentials, "Authorization: Bearer %s\r\n", key);
  request_length = (size_t)snprintf(request, sizeof request,
                                    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%ld\r\n%s"
                                    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                    port, credentials, length, body);
}

static void start_next(int timer) {
  uint64_t turns;
  if (read(timer, &turns, sizeof turns) != sizeof turns) return;
  for (; turns > 0 && started < stream_count; turns--, started++) {
    if (send(streams[started].fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) die("send");
  }
  if (started == stream_count) set_timer(timer, 0, 0);
}

/* ---- the program ---- */

static void read_options(int count, char **words) {
  static const struct option known[] = {{"port", required_argument, NULL, 'p'},
                                        {"streams", required_argument, NULL, 's'},
                                        {"events", required_argument, NULL, 'e'},
                                        {"interval-us", required_argument, NULL, 'i'},
                                        {"model", required_argument, NULL, 'm'},
                                        {"key", required_argument, NULL, 'k'},
                                        {0}};
  for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) {
    if (option == 'p') port = number_of(optarg, 1, 65535);
    else if (option == 's') stream_count = number_of(optarg, 1, 10000);
    else if (option == 'e') event_count = number_of(optarg, 1, 1000000);
    else if (option == 'i') interval_us = number_of(optarg, 1, 60000000);
    else if (option == 'm') model = optarg;
    else if (option == 'k') key = optarg;
    else exit(2);
  }
  if (port == 0) {
    fprintf(stderr, "usage: streams --port N [--streams N] [--events N] [--interval-us N] [--model NAME]\n");
    exit(2);
  }
}

static int by_size(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static uint32_t delay_at(unsigned percent) { return delays_us[(delay_count - 1) * percent / 100]; }

static void report(uint64_t took) {
  qsort(delays_us, delay_count, sizeof *delays_us, by_size);
  printf("{\"streams\":%ld,\"events\":%zu,\"bytes\":%llu,\"seconds\":%.6f,"
         "\"delay_us\":{\"p50\":%u,\"p90\":%u,\"p99\":%u,\"max\":%u}}\n",
         stream_count, delay_count, (unsigned long long)bytes, (double)took / 1e9, delay_at(50), delay_at(90),
         delay_at(99), delay_at(100));
}

int main(int count, char **words) {
  read_options(count, words);
  prepare_request();
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll < 0 || timer < 0) die("epoll");
  streams = must_allocate(calloc((size_t)stream_count, sizeof *streams));
  delays_us = must_allocate(calloc((size_t)(stream_count * event_count), sizeof *delays_us));
  for (long i = 0; i < stream_count; i++) connect_stream(epoll, &streams[i]);
  watch(epoll, EPOLL_CTL_ADD, timer, EPOLLIN, NULL);
  uint64_t begin = now_ns();
  uint64_t apart = (uint64_t)interval_us * 1000u / (uint64_t)stream_count;
  set_timer(timer, begin, apart > 0 ? apart : 1);
  uint64_t give_up = begin + (uint64_t)(event_count * interval_us) * 1000u + PATIENCE_SECONDS * 1000000000ull;
  struct epoll_event happened[BATCH];
  while (ended < stream_count) {
    int number = epoll_wait(epoll, happened, BATCH, 1000);
    if (number < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < number; i++) {
      if (happened[i].data.ptr == NULL) start_next(timer);
      else read_stream(happened[i].data.ptr);
    }
    if (now_ns() > give_up) {
      fprintf(stderr, "gave up: %ld of %ld streams have ended\n", ended, stream_count);
      return 1;
    }
  }
  report(now_ns() - begin);
  return 0;
}
