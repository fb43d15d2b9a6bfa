package dev.tenfold.journey.load;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * The users of the application. Each does one thing at a time: a request borrows a person and gives it back, which also
 * hands the person's cookies from one worker to the next. Whom they look at follows Zipf's law: user 1 is famous.
 */
public final class Crowd {

    private static final double ZIPF_EXPONENT = 0.9;

    private final List<Person> people;
    private final BlockingQueue<Person> idle;
    private final double[] popularity;

    /**
     * Gathers people.
     *
     * @param size how many; more than the load has workers, or requests wait for a person to be free
     */
    public Crowd(int size) {
        people = LongStream.rangeClosed(1, size).mapToObj(Person::new).toList();
        idle = new ArrayBlockingQueue<>(size, false, people);
        popularity = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += 1 / Math.pow(i + 1, ZIPF_EXPONENT);
            popularity[i] = sum;
        }
    }

    /**
     * Returns everybody.
     *
     * @return the people by rising id
     */
    public List<Person> people() {
        return people;
    }

    /**
     * Takes the person who was idle longest.
     *
     * @return a person who is nobody else's until given back
     * @throws InterruptedException if interrupted while waiting for one
     */
    public Person borrow() throws InterruptedException {
        return idle.take();
    }

    /**
     * Gives a person back.
     *
     * @param person who was borrowed
     */
    public void giveBack(Person person) {
        idle.add(person);
    }

    /**
     * Draws somebody to look at.
     *
     * @param random decides
     * @return an id; a low one more often
     */
    public long somebody(RandomGenerator random) {
        double draw = random.nextDouble() * popularity[popularity.length - 1];
        int low = 0;
        int high = popularity.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (popularity[middle] < draw) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low + 1L;
    }
}
