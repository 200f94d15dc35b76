// The work nobody can leave out, in one thread: receive a batch over HTTP/1.1, validate each line of JSON, compress the
// batch into a gzip member, write it, sync it, answer. No names, no receipts, no ledger, no landing: the yardstick for
// what those cost.
//
//   reference PORT FILE      prints "port N" once it listens; at SIGTERM {"events":…,"cpu_us_per_event":…}
#include <arpa/inet.h>
#include <fcntl.h>
#include <isa-l.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

volatile std::sig_atomic_t stopping = 0;

[[noreturn]] void fail(const char *what) {
    perror(what);
    std::exit(1);
}

double cpu_microseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/// Grows without ever writing zeros over memory that is about to be received into.
struct Buffer {
    std::unique_ptr<uint8_t[]> bytes;
    size_t capacity = 0, filled = 0;

    void reserve(size_t wanted) {
        if (wanted <= capacity) return;
        std::unique_ptr<uint8_t[]> larger(new uint8_t[wanted]);
        if (filled > 0) memcpy(larger.get(), bytes.get(), filled);
        bytes = std::move(larger);
        capacity = wanted;
    }
};

struct Connection {
    int descriptor;
    Buffer buffer;
    size_t head_end = 0, request_end = 0;  // 0 until the head is complete
};

class Sink {
public:
    explicit Sink(const char *path) : file(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) {
        if (file < 0) fail(path);
        level.resize(ISAL_DEF_LVL1_DEFAULT);
    }

    /// Validates, compresses, writes and syncs one batch. Returns its events, or -1 when a line is not JSON.
    int take(const uint8_t *body, size_t length) {
        int events = 0;
        for (size_t start = 0; start < length;) {
            auto *newline = static_cast<const uint8_t *>(memchr(body + start, '\n', length - start));
            size_t end = newline ? newline - body : length;
            if (end > start) {
                // The buffer has room for the parser to read beyond the line, so it need not copy it.
                if (parser.parse(body + start, end - start, false).error()) return -1;
                events++;
            }
            start = end + 1;
        }
        compress(body, length);
        return events;
    }

private:
    void compress(const uint8_t *body, size_t length) {
        output.reserve(length + length / 8 + 4096);
        isal_zstream stream;
        isal_deflate_init(&stream);
        stream.level = 1;
        stream.level_buf = level.data();
        stream.level_buf_size = level.size();
        stream.gzip_flag = IGZIP_GZIP;
        stream.end_of_stream = 1;
        stream.flush = NO_FLUSH;
        stream.next_in = const_cast<uint8_t *>(body);
        stream.avail_in = length;
        stream.next_out = output.bytes.get();
        stream.avail_out = output.capacity;
        if (isal_deflate(&stream) != COMP_OK || stream.avail_in != 0) fail("isal_deflate");
        size_t size = output.capacity - stream.avail_out;
        for (size_t written = 0; written < size;) {
            ssize_t count = write(file, output.bytes.get() + written, size - written);
            if (count < 0) fail("write");
            written += count;
        }
        if (fdatasync(file) != 0) fail("fdatasync");
    }

    int file;
    simdjson::dom::parser parser;
    std::vector<uint8_t> level;
    Buffer output;
};

/// Finds the head's end and the body's length; returns false for a request that has none.
bool parse_head(Connection &connection) {
    Buffer &buffer = connection.buffer;
    auto *text = reinterpret_cast<const char *>(buffer.bytes.get());
    auto *end = static_cast<const char *>(memmem(text, buffer.filled, "\r\n\r\n", 4));
    if (!end) return buffer.filled < 65536;
    std::string head(text, end);
    const char *field = strcasestr(head.c_str(), "\r\ncontent-length:");
    if (!field) return false;
    connection.head_end = end - text + 4;
    connection.request_end = connection.head_end + strtoull(field + 17, nullptr, 10);
    buffer.reserve(connection.request_end + simdjson::SIMDJSON_PADDING);
    return true;
}

/// Reads what is there and answers a complete request. Returns false when the connection is over.
bool serve(Connection &connection, Sink &sink, long &events) {
    Buffer &buffer = connection.buffer;
    buffer.reserve(65536);
    size_t room = (connection.request_end ? connection.request_end : buffer.capacity) - buffer.filled;
    ssize_t count = recv(connection.descriptor, buffer.bytes.get() + buffer.filled, room, 0);
    if (count <= 0) return false;
    buffer.filled += count;
    if (!connection.request_end && !parse_head(connection)) return false;
    if (!connection.request_end || buffer.filled < connection.request_end) return true;
    int taken = sink.take(buffer.bytes.get() + connection.head_end, connection.request_end - connection.head_end);
    const char *answer = taken >= 0 ? "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
                                    : "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}";
    if (taken > 0) events += taken;
    if (send(connection.descriptor, answer, strlen(answer), MSG_NOSIGNAL) < 0) return false;
    // The load generator waits for the answer before it sends again, so nothing can follow the request.
    buffer.filled = connection.head_end = connection.request_end = 0;
    return true;
}

int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) fail("bind");
    if (listen(listener, 128) != 0) fail("listen");
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: reference PORT FILE\n");
        return 2;
    }
    // Without SA_RESTART, so that poll returns.
    struct sigaction action{};
    action.sa_handler = [](int) { stopping = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    Sink sink(argv[2]);
    int listener = listen_on(atoi(argv[1]));
    std::vector<Connection> connections;
    std::vector<pollfd> waiting;
    long events = 0;
    double before = cpu_microseconds();
    while (!stopping) {
        waiting.assign(1, {listener, POLLIN, 0});
        for (auto &connection : connections) waiting.push_back({connection.descriptor, POLLIN, 0});
        if (poll(waiting.data(), waiting.size(), -1) <= 0) continue;
        for (size_t i = connections.size(); i-- > 0;) {
            if (!waiting[i + 1].revents || serve(connections[i], sink, events)) continue;
            close(connections[i].descriptor);
            connections.erase(connections.begin() + i);
        }
        if (waiting[0].revents) {
            int descriptor = accept(listener, nullptr, nullptr);
            if (descriptor >= 0) connections.push_back({descriptor, {}});
        }
    }
    double used = cpu_microseconds() - before;
    printf("{\"events\":%ld,\"cpu_us_per_event\":%.3f}\n", events, events ? used / events : 0);
}
