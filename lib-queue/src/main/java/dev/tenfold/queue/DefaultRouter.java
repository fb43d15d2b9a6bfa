package dev.tenfold.queue;

import dev.tenfold.queue.routing.Router;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Routes to the queue whose name is the routing key. */
record DefaultRouter(Map<String, List<Destination>> queues) implements Router<Destination> {

    @Override
    public List<Destination> route(String routingKey, Map<String, Object> headers) {
        return queues.getOrDefault(routingKey, List.of());
    }

    @Override
    public boolean bind(Destination target, String key, Map<String, @Nullable Object> arguments) {
        throw fixed();
    }

    @Override
    public boolean unbind(Destination target, String key, Map<String, @Nullable Object> arguments) {
        throw fixed();
    }

    @Override
    public void forEachBinding(Visitor<? super Destination> visitor) {
        queues.forEach((name, queue) -> queue.forEach(target -> visitor.visit(name, Map.of(), target)));
    }

    private static UnsupportedOperationException fixed() {
        return new UnsupportedOperationException(
                "the default exchange leads to every queue by its name; bind to another");
    }
}
