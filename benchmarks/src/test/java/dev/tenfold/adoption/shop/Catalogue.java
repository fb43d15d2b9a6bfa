package dev.tenfold.adoption.shop;

import java.util.List;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** What there is to buy. */
@Service
public class Catalogue {

    private final Products products;

    Catalogue(Products products) {
        this.products = products;
    }

    /** Returns one product. */
    @Cacheable(cacheNames = "products", sync = true)
    @Transactional(readOnly = true)
    public ProductView product(long id) {
        return products.findById(id).orElseThrow().view();
    }

    /** Returns all. */
    @Transactional(readOnly = true)
    public List<ProductView> all() {
        return products.findAll().stream().map(Product::view).toList();
    }

    /** Puts a product on the shelf, or its stock up. */
    @CacheEvict(cacheNames = "products", key = "#p0.id()")
    @Transactional
    public void stock(ProductView product) {
        products.save(new Product(product.id(), product.name(), product.cents(), product.stock()));
    }

    /** Changes a price. */
    @CacheEvict(cacheNames = "products", key = "#p0")
    @Transactional
    public void reprice(long id, long cents) {
        products.findById(id).orElseThrow().reprice(cents);
    }
}
