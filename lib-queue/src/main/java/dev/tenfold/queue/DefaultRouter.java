package dev.tenfold.queue;

import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Routes to the queue whose name is the routing key. */
record DefaultRouter<T>(Map<String, List<T>> queues) implements Router<T> {

    @Override
    public List<T> route(String routingKey) {
        return queues.getOrDefault(routingKey, List.of());
    }

    @Override
    public void bind(T target, String bindingKey) {
        throw fixed();
    }

    @Override
    public boolean unbind(T target, String bindingKey) {
        throw fixed();
    }

    @Override
    public void forEachBinding(BiConsumer<String, T> action) {
        queues.forEach((name, queue) -> queue.forEach(target -> action.accept(name, target)));
    }

    private static UnsupportedOperationException fixed() {
        return new UnsupportedOperationException(
                "the default exchange leads to every queue by its name; bind to another");
    }
}
