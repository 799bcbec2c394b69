// The testee protocol in Java: a thread for each connection.
//
//	iospec identify --protocol line -- java Server.java {port}

import java.io.*;
import java.lang.management.ManagementFactory;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;

public class Server {
  static String answer(String verb, String arg) throws Exception {
    switch (verb) {
      case "echo":
        return arg;
      case "whoami":
        return Files.readSymbolicLink(Path.of("/proc/thread-self")).toString().replaceAll("(\\d+)/task/(\\d+)", "$1 $2");
      case "sleep":
        Thread.sleep(Long.parseLong(arg));
        return "slept " + arg;
      case "spin":
        var clock = ManagementFactory.getThreadMXBean();
        for (long until = clock.getCurrentThreadCpuTime() + Long.parseLong(arg) * 1_000_000; clock.getCurrentThreadCpuTime() < until; ) {}
        return "spun " + arg;
      case "blob":
        return "b".repeat(Integer.parseInt(arg) - 1);
      default:
        return "error: unknown request";
    }
  }

  static void serve(Socket client) {
    try (client;
        var in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        var out = new BufferedOutputStream(client.getOutputStream(), 65536)) {
      for (String line; (line = in.readLine()) != null; ) {
        String[] words = line.split(" ", 2);
        if (words[0].equals("quit")) break;
        out.write((answer(words[0], words.length > 1 ? words[1] : "") + "\n").getBytes(StandardCharsets.ISO_8859_1));
        if (!in.ready()) out.flush(); // answers to what came together go together
      }
    } catch (Exception e) {
      // the client is gone, and with it whoever would want to know
    }
  }

  public static void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 7000;
    try (var door = new ServerSocket(port, 1024, InetAddress.getLoopbackAddress())) {
      while (true) {
        Socket client = door.accept();
        new Thread(() -> serve(client)).start();
      }
    }
  }
}
