package dev.tenfold.adoption.shop;

import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The shop's pages. */
@RestController
class ShopController {

    private final Catalogue catalogue;
    private final Checkout checkout;

    ShopController(Catalogue catalogue, Checkout checkout) {
        this.catalogue = catalogue;
        this.checkout = checkout;
    }

    @GetMapping("/products")
    List<ProductView> products() {
        return catalogue.all();
    }

    @GetMapping("/products/{id}")
    ProductView product(@PathVariable("id") long id) {
        return catalogue.product(id);
    }

    @PutMapping("/products/{id}/cents")
    void reprice(@PathVariable("id") long id, @RequestBody long cents) {
        catalogue.reprice(id, cents);
    }

    @PostMapping("/orders")
    PurchaseView order(
            @RequestParam("customer") String customer,
            @RequestParam("product") long product,
            @RequestParam("count") int count) {
        return checkout.order(customer, product, count);
    }

    @GetMapping("/orders")
    List<PurchaseView> orders(@RequestParam("customer") String customer) {
        return checkout.ordersOf(customer);
    }
}
