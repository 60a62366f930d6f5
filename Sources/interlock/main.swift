import Gateway

await Program.run()
