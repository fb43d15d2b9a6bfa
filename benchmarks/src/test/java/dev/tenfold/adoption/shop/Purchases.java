package dev.tenfold.adoption.shop;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

/** The orders that are stored. */
interface Purchases extends JpaRepository<Purchase, Long> {

    List<Purchase> findByCustomerOrderById(String customer);
}
