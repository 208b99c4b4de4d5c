// The bare HTTP library: answers every request to enroll with the same 400 bytes. Prints its
// process id and port.

#include <httplib.h>
#include <unistd.h>

#include <cstdio>

int main() {
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_tcp_nodelay(true);
  const std::string body(400, 'x');
  server.Post("/api/enroll", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(body, "application/json");
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::printf("%d %d\n", ::getpid(), port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
