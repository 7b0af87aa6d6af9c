import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** Prints size, SHA-256 and name of every member, by the directory or as a stream. */
public class ListZip {
    public static void main(String[] arguments) throws Exception {
        Path path = Path.of(arguments[1]);
        if (arguments[0].equals("file")) {
            try (ZipFile zip = new ZipFile(path.toFile())) {
                Enumeration<? extends ZipEntry> entries = zip.entries();
                while (entries.hasMoreElements()) {
                    ZipEntry entry = entries.nextElement();
                    try (InputStream content = zip.getInputStream(entry)) {
                        print(entry.getName(), content);
                    }
                }
            }
        } else {
            try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(path))) {
                for (ZipEntry entry; (entry = zip.getNextEntry()) != null;) {
                    print(entry.getName(), zip);
                }
            }
        }
    }

    private static void print(String name, InputStream content) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] piece = new byte[1 << 16];
        long size = 0;
        for (int count; (count = content.read(piece)) > 0;) {
            digest.update(piece, 0, count);
            size += count;
        }
        byte[] line = (size + " " + HexFormat.of().formatHex(digest.digest()) + " " + name + "\0").getBytes("UTF-8");
        System.out.write(line, 0, line.length);
        System.out.flush();
    }
}
