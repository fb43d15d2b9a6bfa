package dev.tenfold.adoption.shop;

import org.springframework.data.jpa.repository.JpaRepository;

/** The products that are stored. */
interface Products extends JpaRepository<Product, Long> {}
