/* The engine that the benchmarks put behind every proxy: fast enough that it is never the limit.
 *
 *   POST, any path                a chat answer of one kilobyte, at once
 *   POST with "stream":true       Server-Sent Events, "bench_events" of them, "bench_interval_us" apart (body fields)
 *   GET /health                   200, or 503 while it loads
 *
 * One thread, one epoll, one timer for every stream. Each event carries its number and the moment it was written
 * ("sent_ns", CLOCK_MONOTONIC), from which the client computes how long the proxy kept it.
 *
 *   --port N          listen on 127.0.0.1:N
 *   --load-file FILE  pretend to load for as many milliseconds as the file says
 *   --refuse          do not listen while loading (the default is to listen and answer 503)
 *   --record FILE     write "ready NS" when it can answer and "request NS" when the first POST came in
 */
#include "common.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <strings.h>
#include <sys/socket.h>

enum { ANSWER_BYTES = 1024, INPUT_LIMIT = 1 << 20, OUTPUT_LIMIT = 1 << 20, BATCH = 256 };

struct buffer {
  char *bytes;
  size_t length, capacity;
};

struct connection {
  int fd;
  bool closed, closing, waits_for_room;
  struct buffer in, out;
  bool streaming;
  long next_event, events;
  uint64_t interval, due;
  struct connection *next_closed;
};

static int epoll, timer, listener = -1, record = -1;
static bool ready, request_recorded, refuses_while_loading;
static long port;
static uint64_t ready_at;
static char answer[ANSWER_BYTES + 256];
static size_t answer_length;
static struct connection **streams;
static size_t stream_count, stream_capacity;
static struct connection *closed_connections;
static bool deadlines_changed;

/* ---- bytes ---- */

static bool reserve(struct buffer *buffer, size_t more, size_t limit) {
  size_t needed = buffer->length + more;
  if (needed > limit) return false;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity < needed) capacity *= 2;
    buffer->bytes = must_allocate(realloc(buffer->bytes, capacity));
    buffer->capacity = capacity;
  }
  return true;
}

static void drop_front(struct buffer *buffer, size_t count) {
  buffer->length -= count;
  memmove(buffer->bytes, buffer->bytes + count, buffer->length);
}

/* ---- connections ---- */

static void leave_streams(struct connection *connection) {
  for (size_t i = 0; i < stream_count; i++) {
    if (streams[i] == connection) {
      streams[i] = streams[--stream_count];
      break;
    }
  }
  connection->streaming = false;
  deadlines_changed = true;
}

/* The memory goes at the end of the turn: this turn's batch may still name the connection. */
static void close_connection(struct connection *connection) {
  if (connection->closed) return;
  connection->closed = true;
  if (connection->streaming) leave_streams(connection);
  close(connection->fd);
  connection->next_closed = closed_connections;
  closed_connections = connection;
}

static void free_closed(void) {
  while (closed_connections != NULL) {
    struct connection *connection = closed_connections;
    closed_connections = connection->next_closed;
    free(connection->in.bytes);
    free(connection->out.bytes);
    free(connection);
  }
}

static void wait_for_room(struct connection *connection, bool waits) {
  if (connection->waits_for_room == waits) return;
  connection->waits_for_room = waits;
  watch(epoll, EPOLL_CTL_MOD, connection->fd, EPOLLIN | (waits ? (uint32_t)EPOLLOUT : 0u), connection);
}

static void flush(struct connection *connection) {
  struct buffer *out = &connection->out;
  if (out->length > 0) {
    ssize_t sent = send(connection->fd, out->bytes, out->length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      close_connection(connection);
      return;
    }
    if (sent > 0) drop_front(out, (size_t)sent);
  }
  wait_for_room(connection, out->length > 0);
  if (out->length == 0 && connection->closing && !connection->streaming) close_connection(connection);
}

static void put(struct connection *connection, const char *bytes, size_t length) {
  if (!reserve(&connection->out, length, OUTPUT_LIMIT)) {
    close_connection(connection); /* a reader this slow spoils the measurement anyway */
    return;
  }
  memcpy(connection->out.bytes + connection->out.length, bytes, length);
  connection->out.length += length;
}

static void put_status(struct connection *connection, const char *status) {
  char text[256];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", status);
  put(connection, text, (size_t)length);
}

/* ---- streams ---- */

static void put_event(struct connection *connection, uint64_t now) {
  char data[768], frame[1024];
  bool last = connection->next_event + 1 == connection->events;
  int length = snprintf(
      data, sizeof data,
      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
      "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":%s}],"
      "%s\"n\":%ld,\"sent_ns\":\"%llu\"}\n\n%s",
      last ? "\"stop\"" : "null",
      last ? "\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":200,\"total_tokens\":400}," : "",
      connection->next_event, (unsigned long long)now, last ? "data: [DONE]\n\n" : "");
  int framed = snprintf(frame, sizeof frame, "%x\r\n%s\r\n%s", (unsigned)length, data, last ? "0\r\n\r\n" : "");
  put(connection, frame, (size_t)framed);
}

static void answer_requests(struct connection *connection);

static void send_due_event(struct connection *connection, uint64_t now) {
  put_event(connection, now);
  connection->next_event++;
  connection->due += connection->interval;
  bool ended = connection->next_event == connection->events;
  if (ended && !connection->closed) leave_streams(connection);
  if (!connection->closed) flush(connection);
  if (ended && !connection->closed) answer_requests(connection);
}

static long field_of(const char *body, size_t length, const char *name, long otherwise) {
  const char *found = memmem(body, length, name, strlen(name));
  if (found == NULL) return otherwise;
  long value = 0;
  for (found += strlen(name); found < body + length && *found >= '0' && *found <= '9'; found++)
    value = value * 10 + (*found - '0');
  return value;
}

static void start_stream(struct connection *connection, const char *body, size_t length) {
  static const char head[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  connection->events = field_of(body, length, "\"bench_events\":", 200);
  connection->interval = (uint64_t)field_of(body, length, "\"bench_interval_us\":", 5000) * 1000u;
  if (connection->events == 0) {
    put_status(connection, "400 Bad Request");
    return;
  }
  connection->next_event = 0;
  connection->due = now_ns() + connection->interval;
  connection->streaming = true;
  if (stream_count == stream_capacity) {
    stream_capacity = stream_capacity ? stream_capacity * 2 : 64;
    streams = must_allocate(realloc(streams, stream_capacity * sizeof *streams));
  }
  streams[stream_count++] = connection;
  deadlines_changed = true;
  put(connection, head, sizeof head - 1);
}

/* ---- requests ---- */

/* The value of a header in `head` (which ends with an empty line), or NULL. */
static const char *header_of(const char *head, size_t length, const char *name) {
  size_t name_length = strlen(name);
  const char *end = head + length;
  const char *line = memchr(head, '\n', length);
  while (line != NULL && ++line + name_length + 1 < end) {
    if (line[name_length] == ':' && strncasecmp(line, name, name_length) == 0) {
      const char *value = line + name_length + 1;
      while (*value == ' ') value++;
      return value;
    }
    line = memchr(line, '\n', (size_t)(end - line));
  }
  return NULL;
}

static void answer_post(struct connection *connection, const char *body, size_t length) {
  static const char streamed[] = "\"stream\":true";
  if (record >= 0 && !request_recorded) {
    request_recorded = true;
    dprintf(record, "request %llu\n", (unsigned long long)now_ns());
  }
  if (!ready) {
    put_status(connection, "503 Service Unavailable");
  } else if (memmem(body, length, streamed, sizeof streamed - 1) != NULL) {
    start_stream(connection, body, length);
  } else {
    put(connection, answer, answer_length);
  }
}

/* Answers the first request in the buffer and returns its size, or 0 when it is not complete yet. */
static size_t answer_one(struct connection *connection) {
  struct buffer *in = &connection->in;
  const char *blank = memmem(in->bytes, in->length, "\r\n\r\n", 4);
  if (blank == NULL) return 0;
  size_t head = (size_t)(blank - in->bytes) + 4;
  const char *size = header_of(in->bytes, head, "content-length");
  size_t body = size ? (size_t)strtoul(size, NULL, 10) : 0;
  if (body > INPUT_LIMIT || header_of(in->bytes, head, "transfer-encoding") != NULL) {
    put_status(connection, "411 Length Required");
    connection->closing = true;
    return in->length;
  }
  if (in->length - head < body) return 0;
  const char *persistence = header_of(in->bytes, head, "connection");
  if (persistence != NULL && strncasecmp(persistence, "close", 5) == 0) connection->closing = true;
  if (strncmp(in->bytes, "POST ", 5) == 0)
    answer_post(connection, in->bytes + head, body);
  else
    put_status(connection, ready ? "200 OK" : "503 Service Unavailable");
  return head + body;
}

static void answer_requests(struct connection *connection) {
  size_t used;
  while (!connection->closed && !connection->closing && !connection->streaming && connection->in.length > 0 &&
         (used = answer_one(connection)) > 0)
    drop_front(&connection->in, used);
  if (!connection->closed) flush(connection);
}

static void read_requests(struct connection *connection) {
  struct buffer *in = &connection->in;
  if (!reserve(in, 4096, INPUT_LIMIT + 8192)) {
    close_connection(connection);
    return;
  }
  ssize_t got = recv(connection->fd, in->bytes + in->length, in->capacity - in->length, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    close_connection(connection);
  } else if (got > 0) {
    in->length += (size_t)got;
    answer_requests(connection);
  }
}

/* ---- listening, loading, time ---- */

static void listen_now(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  if (listen(listener, 4096) != 0) die("listen");
  watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
}

static void accept_connections(void) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct connection *connection = must_allocate(calloc(1, sizeof *connection));
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, connection);
  }
}

static void become_ready(void) {
  uint64_t now = now_ns();
  ready = true;
  deadlines_changed = true;
  if (listener < 0) listen_now();
  if (record >= 0) dprintf(record, "ready %llu\n", (unsigned long long)now);
}

static void meet_deadlines(void) {
  uint64_t now = now_ns();
  if (!ready && ready_at <= now) become_ready();
  for (size_t i = stream_count; i-- > 0;) { /* backwards: a stream that ends is replaced by the last one */
    if (streams[i]->due <= now) send_due_event(streams[i], now);
  }
  deadlines_changed = true;
}

static void set_next_deadline(void) {
  uint64_t next = ready ? 0 : ready_at;
  for (size_t i = 0; i < stream_count; i++) {
    if (next == 0 || streams[i]->due < next) next = streams[i]->due;
  }
  set_timer(timer, next, 0);
  deadlines_changed = false;
}

/* ---- the program ---- */

static void prepare_answer(void) {
  static const char before[] =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench\","
      "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
  static const char after[] =
      "\"},\"finish_reason\":\"stop\"}],"
      "\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":160,\"total_tokens\":360}}";
  size_t filler = ANSWER_BYTES - (sizeof before - 1) - (sizeof after - 1);
  int head = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                     ANSWER_BYTES, before);
  for (size_t i = 0; i < filler; i++) answer[(size_t)head + i] = "all work "[i % 9];
  memcpy(answer + head + filler, after, sizeof after - 1);
  answer_length = (size_t)head + filler + sizeof after - 1;
}

static long milliseconds_in(const char *path) {
  char text[32];
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(text, sizeof text, file) == NULL) die(path);
  fclose(file);
  return number_of(text, 0, 3600000);
}

static void read_options(int count, char **words) {
  static const struct option known[] = {{"port", required_argument, NULL, 'p'},
                                        {"load-file", required_argument, NULL, 'l'},
                                        {"record", required_argument, NULL, 'r'},
                                        {"refuse", no_argument, NULL, 'x'},
                                        {0}};
  uint64_t load = 0;
  for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) {
    if (option == 'p') {
      port = number_of(optarg, 1, 65535);
    } else if (option == 'l') {
      load = (uint64_t)milliseconds_in(optarg) * 1000000u;
    } else if (option == 'r') {
      record = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
      if (record < 0) die(optarg);
    } else if (option == 'x') {
      refuses_while_loading = true;
    } else {
      exit(2);
    }
  }
  if (port == 0) {
    fprintf(stderr, "usage: upstream --port N [--load-file FILE] [--refuse] [--record FILE]\n");
    exit(2);
  }
  ready_at = now_ns() + load;
}

static void serve_one(const struct epoll_event *happened) {
  if (happened->data.ptr == &timer) {
    meet_deadlines();
  } else if (happened->data.ptr == &listener) {
    accept_connections();
  } else {
    struct connection *connection = happened->data.ptr;
    if (!connection->closed && (happened->events & EPOLLOUT)) flush(connection);
    if (!connection->closed && (happened->events & ~(uint32_t)EPOLLOUT)) read_requests(connection);
  }
}

int main(int count, char **words) {
  prepare_answer();
  epoll = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll < 0 || timer < 0) die("epoll");
  read_options(count, words);
  /* Edge-triggered: setting the next deadline forgets the expiry, so that it need not be read each time. */
  watch(epoll, EPOLL_CTL_ADD, timer, EPOLLIN | EPOLLET, &timer);
  if (!refuses_while_loading) listen_now();
  if (ready_at <= now_ns()) become_ready();
  set_next_deadline();
  struct epoll_event happened[BATCH];
  for (;;) {
    int number = epoll_wait(epoll, happened, BATCH, -1);
    if (number < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < number; i++) serve_one(&happened[i]);
    if (deadlines_changed) set_next_deadline();
    free_closed();
  }
}
