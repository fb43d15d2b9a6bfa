/**
 * A segmented append-only log of items that live until they are removed: what a durable broker stands on. Not exported.
 *
 * <p>A folder holds files of one fixed size, named by ascending numbers, and a file {@code lock}. Files are filled from the
 * front, one frame after another; a frame is what one force brought to disk (group commit). A file {@code spare} is the next one
 * in the making, and {@code newest} tells the highest number there was, so that a deleted file is missed. All numbers are
 * big-endian.
 *
 * <pre>
 * segment, format 1
 *   0        "TFJ1"
 *   4        CRC32C of bytes 8 to 63
 *   8        number of this segment, which is its file's name
 *   16       sequence of its first frame
 *   24       number of the oldest segment that was needed when this one was begun
 *   32       salt: drawn for each segment, part of the checksum of its frames
 *   40       no item has this number or a higher one yet
 *   48       identity of the journal, equal in all its segments
 *   56       size of the file (4 bytes), zero (4 bytes)
 *   64       frames, each at a multiple of 8
 *
 * frame
 *   0        length of the body
 *   4        CRC32C of salt, length, sequence and body
 *   8        sequence: that of the frame before, plus one; it goes on through all segments
 *   16       body: changes
 *
 * change
 *   1  put       number of the item (8 bytes), length (4 bytes), bytes
 *   2  remove    number of the item (8 bytes)
 *   3  oldest    number of the oldest segment that is needed (8 bytes)
 * </pre>
 *
 * <h2>Why a torn write and a broken disk can be told apart</h2>
 *
 * A frame is written only after the one before was forced. So if any whole frame follows a broken one, the broken one had
 * been on disk, perhaps confirmed: that is corruption, reported with file and offset. If none follows, the broken one was
 * the last write, never confirmed: it is dropped, and the observer is told. So that this holds for the last confirmed
 * frame as well, an empty frame, the <em>seal</em>, follows it as soon as the journal is idle, and when it is closed; it is
 * not forced, and the next frame takes its place and number. A segment is complete before the next begins, whose
 * header says by the sequence where it must have ended: a sealed segment that ends early is corrupt. The salt keeps the frames
 * of a file's earlier life, and bytes inside of messages, from being taken for frames.
 *
 * <h2>Why recovery is bounded by what lives</h2>
 *
 * Only the oldest segment is ever cleaned: what lives in it is put again at the head of the log, and a change
 * <em>oldest</em> gives the segment up before its file is reused or deleted. A remove in the oldest segment concerns a put
 * in the same one or one that is gone, so it is never copied. Cleaning keeps the log within twice what lives plus four
 * segments, and copies no more than is written.
 *
 * <p>Opening never changes a segment that it found: it reads, then begins a new one.
 */
@org.jspecify.annotations.NullMarked
package dev.tenfold.queue.journal;
